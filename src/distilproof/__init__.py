"""Take a distilled student model from its teacher to a cleared, measured and watched release."""

__all__: list[str] = []
