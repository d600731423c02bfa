"""A size on record: what became of the student that is judged in the sweep it comes from."""

from dataclasses import dataclass

from distilproof.domain.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeOnRecord:
    """Which size a student is, of which sweep.

    Parameters
    ----------
    name
        The size that is judged.
    certificate
        What the sweep came to.
    changed
        In what the project asks for something else now than it was swept by; empty when in nothing.
    """

    name: str
    certificate: Certificate
    changed: tuple[str, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether it is the smallest that was shown to hold."""
        return self.name == self.certificate.chosen

    @property
    def passed(self) -> bool:
        """Whether it was shown to hold."""
        return any(
            rung.outcome == "passed" for rung in self.certificate.rungs if rung.name == self.name
        )
