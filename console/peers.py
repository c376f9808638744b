"""Who is at the other end of a request, where proxies stand between: only those that are configured are believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write them: perhaps with a port, in brackets, or IPv4 in IPv6's clothes."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    address = address_of(peer)
    return address is not None and any(address in network for network in trusted)


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy: each proxy adds at the end of X-Forwarded-For where it was asked
    from, and what stands before an address that is not trusted is whatever that one liked to claim.
    """
    known = peer
    for claimed in reversed(forwarded.split(",")):
        address = address_of(claimed)
        if not is_trusted(known, trusted) or address is None:
            break
        known = str(address)
    return known
