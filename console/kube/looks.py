"""Who looked at what, and when: what is watched is bounded, with a share for each person."""

from collections import Counter
from collections.abc import Iterable

from console.kube.kinds import Kind

Scope = tuple[Kind, str | None]
"""What one informer watches: a kind in one namespace, or (None) in the whole cluster."""


class Looks:
    """The looks at each watched scope, and what to let go of when there is no room. Its owner holds a lock.

    ``most`` scopes of one namespace at the same time, ``share`` of them for one person. Those of the whole cluster are
    few, serve everybody, and are not counted. Times are of `time.monotonic`.
    """

    def __init__(self, most: int, share: int) -> None:
        self._most, self._share = most, share
        self._looks: dict[Scope, dict[str, float]] = {}

    def note(self, scope: Scope, person: str, now: float) -> None:
        """A person looks at a scope, or did so at that moment."""
        looks, who = self._looks.setdefault(scope, {}), person if scope[1] is not None else ""
        looks[who] = max(now, looks.get(who, now))

    def forget(self, scope: Scope) -> None:
        """The scope is watched no longer."""
        self._looks.pop(scope, None)

    def unseen_since(self, moment: float) -> list[Scope]:
        """The scopes that nobody has looked at since then; older looks at others count no longer."""
        for scope, looks in self._looks.items():
            newest = max(looks.values())
            self._looks[scope] = {who: at for who, at in looks.items() if at >= moment} or {"": newest}
        return [scope for scope, looks in self._looks.items() if max(looks.values()) < moment]

    def spare(self, scopes: Iterable[Scope], person: str) -> bool:
        """Whether there is room for these as well, with half of all room and half of this person's share left."""
        added = {scope for scope in scopes if scope[1] is not None}
        every = added.union(scope for scope in self._looks if scope[1] is not None)
        return 2 * len(added.union(self._of(person))) <= self._share and 2 * len(every) <= self._most

    def make_room(self, person: str) -> list[Scope]:
        """Forget, and return, what has to go before this person looks at one more scope.

        Who has used up their share gives up what they looked at longest ago (if others look at it too, it stays, and is
        theirs). Where all is full, whoever has the most gives.
        """
        gone = []
        while len(mine := self._of(person)) >= self._share:
            oldest = min(mine, key=lambda scope: self._looks[scope][person])
            del self._looks[oldest][person]
            if not self._looks[oldest]:
                gone.append(oldest)
                self.forget(oldest)
        while len(narrow := [scope for scope in self._looks if scope[1] is not None]) >= self._most:
            holds = Counter(who for scope in narrow for who in self._looks[scope])
            heaviest = max(holds, key=lambda who: holds[who])
            theirs = [scope for scope in narrow if set(self._looks[scope]) == {heaviest}]
            oldest = min(theirs or narrow, key=lambda scope: max(self._looks[scope].values()))
            gone.append(oldest)
            self.forget(oldest)
        return gone

    def _of(self, person: str) -> list[Scope]:
        return [scope for scope, looks in self._looks.items() if scope[1] is not None and person in looks]
