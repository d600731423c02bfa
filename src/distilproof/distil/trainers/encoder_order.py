"""Orders rows by chance, those of like length together, so that little of a batch is padding."""

from collections.abc import Iterator, Sequence

import numpy as np

_MOST_BATCHES = 50
_LEAST_POOLS = 4


class LikeLengths:
    """Places of n rows, anew each time it is walked through.

    Rows are shuffled and cut into pools of up to fifty batches, four pools at least; a pool is
    sorted by length, and the batches of all pools are shuffled. So batches are of another make each
    time, and the texts of one are nearly of one length: texts of tweets and news in batches of 32
    are padded by an eighth, and by more than all they hold where chance alone puts them together.

    Parameters
    ----------
    lengths
        Length of each row, in any unit.
    batch_size
        Rows of a batch: that many places in a row belong together.
    seed
        Of chance.

    Examples
    --------
    >>> order = LikeLengths([9, 1, 8, 2] * 4, batch_size=2, seed=0)
    >>> sorted(order) == list(range(16))
    True
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths, dtype=np.int64)
        self._size = batch_size
        self._chance = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Walk through every place once, in the next order."""
        places = self._chance.permutation(len(self))
        pool = self._size * max(1, min(_MOST_BATCHES, len(self) // (_LEAST_POOLS * self._size)))
        sorted_ = [
            part[np.argsort(self._lengths[part], kind="stable")]
            for part in (places[at : at + pool] for at in range(0, len(self), pool))
        ]
        row = np.concatenate(sorted_) if sorted_ else places
        whole = len(row) // self._size * self._size
        batches = row[:whole].reshape(-1, self._size)
        # A batch that is not full stays last: what follows it would be cut elsewhere.
        yield from self._chance.permutation(batches).reshape(-1).tolist()
        yield from row[whole:].tolist()
