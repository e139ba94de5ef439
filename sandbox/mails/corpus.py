"""The corpus of mails: every specimen by its name."""

from sandbox.mails import charsets, clients, programs
from sandbox.mails.writing import Specimen


def corpus() -> list[Specimen]:
    """Give every specimen, each under a name of its own."""
    return [*charsets.specimens(), *clients.specimens(), *programs.specimens()]
