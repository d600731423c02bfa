"""PyTorch keeps to the threads that it is given, and has its own back afterwards."""

from typing import Any

import pytest

from distilproof.distil.thread_limits import limited

pytestmark = pytest.mark.torch


def test_threads_are_limited_inside(torch: Any) -> None:  # noqa: ANN401 - torch has no types here
    before = torch.get_num_threads()
    with limited(before + 2):
        assert torch.get_num_threads() == before + 2
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="inside"), limited(before + 2):
        raise ValueError("inside")
    assert torch.get_num_threads() == before
