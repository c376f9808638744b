"""S1: what is let go of when there is no room: the least recently looked at, of whoever holds the most."""

from console.kube import kinds
from console.kube.looks import Looks, Scope


def scope(name: str | None) -> Scope:
    return (kinds.EVENT, name)


def looked(looks: Looks, person: str, names: str, since: float = 0.0) -> list[str | None]:
    """One person looks at places, one a second; the places that were let go of for it."""
    gone = []
    for number, name in enumerate(names):
        if not any(name == place for _, place in looks._looks):
            gone += [place for _, place in looks.make_room(person)]
        looks.note(scope(name), person, since + number)
    return gone


def test_a_person_who_has_a_share_gives_up_their_own_oldest() -> None:
    looks = Looks(most=10, share=3)
    assert looked(looks, "alice", "xy") == []
    assert looked(looks, "bob", "abc", 10) == []
    assert looked(looks, "bob", "a", 20) == []
    assert looked(looks, "bob", "de", 30) == ["b", "c"]


def test_what_others_look_at_too_stays_and_is_theirs() -> None:
    looks = Looks(most=10, share=2)
    looked(looks, "alice", "a")
    looked(looks, "bob", "ab", 10)
    assert looked(looks, "bob", "c", 20) == [], "bob's look at a was given up, alice's was not"
    assert looked(looks, "bob", "d", 30) == ["b"]


def test_where_all_is_full_whoever_has_the_most_gives() -> None:
    looks = Looks(most=5, share=4)
    looked(looks, "alice", "a")
    looked(looks, "bob", "bcde", 10)
    assert looked(looks, "charlie", "f", 20) == ["b"]
    assert looked(looks, "alice", "g", 30) == ["c"]


def test_where_everybody_has_the_same_the_oldest_goes() -> None:
    looks = Looks(most=3, share=2)
    for number, person in enumerate(("alice", "bob", "charlie")):
        looked(looks, person, "abc"[number], number)
    assert looked(looks, "dora", "d", 10) == ["a"]


def test_the_whole_cluster_is_not_counted_and_idle_places_are_named() -> None:
    looks = Looks(most=1, share=1)
    looks.note(scope(None), "alice", 5.0)
    assert looked(looks, "alice", "a", 10) == []
    assert looks.unseen_since(7.0) == [scope(None)]
    assert looks.unseen_since(11.0) == [scope(None), scope("a")]


def test_a_glance_takes_nothing_from_anybody() -> None:
    """Home glances at many projects: half of a person's share, and half of all room, are never taken for that."""
    looks = Looks(most=10, share=6)
    places = [scope(name) for name in "abcd"]
    assert looks.spare(places[:3], "alice")
    assert not looks.spare(places, "alice")
    looked(looks, "alice", "xy")
    assert looks.spare(places[:1], "alice")
    assert not looks.spare(places[:2], "alice")
    assert looks.spare([scope("x"), scope("y")], "alice"), "what is watched anyway takes no room"
    looked(looks, "bob", "mno")
    assert not looks.spare(places[:1], "carol"), "all room is half full"
    assert looks.spare([(kinds.EVENT, None)], "carol"), "what serves everybody is not counted"


def test_what_was_glanced_at_makes_room_before_what_was_looked_at() -> None:
    looks = Looks(most=10, share=3)
    looked(looks, "alice", "ab", 1000)
    looks.note(scope("g"), "alice", 1000 - 300)
    looks.note(scope("a"), "alice", 1000 - 300)
    assert looks.make_room("alice") == [scope("g")], "a glance makes no look older"
