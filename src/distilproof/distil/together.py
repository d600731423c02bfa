"""Claims in one transaction whatever is asked for in the same moment: answers come in bursts."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distilproof.distil.claims import Claim
from distilproof.distil.label_cache import LabelCache
from distilproof.teachers.teacher import Cost

Claims = Mapping[bytes, Claim]


class _Asked(NamedTuple):
    requests: Sequence[tuple[bytes, Cost]]
    found: "asyncio.Future[Claims]"


class Together:
    """Claims of one event loop: as `LabelCache.claim`, each transaction shared by whoever comes.

    What waits to be written is written with it, so that whoever goes on has its answer kept.

    Parameters
    ----------
    cache
        Where requests are claimed.
    """

    def __init__(self, cache: LabelCache) -> None:
        self._cache = cache
        self._asked: list[_Asked] = []

    async def claim(self, requests: Sequence[tuple[bytes, Cost]]) -> Claims:
        """Claim requests, each with what it takes at most, before they are sent.

        Returns
        -------
        mapping
            By key, whose it is to ask; of others that were claimed with them too.
        """
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._claim_all)
        found: asyncio.Future[Claims] = loop.create_future()
        self._asked.append(_Asked(requests, found))
        return await found

    def _claim_all(self) -> None:
        asked, self._asked = self._asked, []
        left = [one for one in asked if not one.found.done()]
        try:
            claims = self._cache.claim([request for one in left for request in one.requests])
        except Exception as error:  # noqa: BLE001 - it is raised where the claims are waited for
            for one in left:
                one.found.set_exception(error)
            return
        for one in left:
            one.found.set_result(claims)
