"""How often something may be asked for: so many times in a while, by whatever tells one asker from another."""

from collections import OrderedDict, deque

#: So many askers are remembered; who has not asked for longest is forgotten first.
MOST = 10_000


class Limit:
    """At most `n` in any `per_ms`. Kept in the memory of the process: it slows down guessing, it is no record."""

    def __init__(self, n: int, per_ms: int) -> None:
        self.n, self.per_ms = n, per_ms
        self._asked: OrderedDict[str, deque[int]] = OrderedDict()

    def allows(self, who: str, at: int) -> bool:
        """Count one more of `who`, and say whether it is within the limit."""
        times = self._asked.setdefault(who, deque())
        self._asked.move_to_end(who)
        while times and times[0] <= at - self.per_ms:
            times.popleft()
        if len(times) >= self.n:
            return False
        times.append(at)
        if len(self._asked) > MOST:
            self._asked.popitem(last=False)
        return True
