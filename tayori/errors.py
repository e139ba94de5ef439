"""Every refusal is a sentence a clerk can act on, and a number a script can act on."""

from typing import ClassVar


class TayoriError(Exception):
    """A refusal: what was refused, why, what to do; nothing was lost.

    The sentence never holds a resident's value: it names rows, rules, files and opaque ids (I3, I9).
    """

    exit_code: ClassVar[int] = 1

    @property
    def sentence(self) -> str:
        """The sentence to show to the person at the desk."""
        return str(self)


class BadInput(TayoriError):
    """What was handed in breaks a rule; the sentence names the place and the rule, never the value."""

    exit_code = 2


class Refused(TayoriError):
    """A rule of the ward says no: a missing approval, two roles in one hand, a guard."""

    exit_code = 3


class NotFound(TayoriError):
    """What was asked for does not exist here."""

    exit_code = 4


class Unavailable(TayoriError):
    """A store, a key or a service cannot be reached now; trying again later may help."""

    exit_code = 5


class Tampered(TayoriError):
    """A signature, a chain or a seal does not match what it protects."""

    exit_code = 6
