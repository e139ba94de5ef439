"""A key is told by its check value, long after it was destroyed here, and nothing else passes for one."""

from hypothesis import given
from hypothesis import strategies as st

from tayori.vault.key_traces import MOST, KeyTraces
from tayori.vault.providers import check_of

KEYS = {("person", 1): bytes(range(32)), ("backup", 7): bytes(range(32, 64))}
SOUGHT = KeyTraces.of({name: check_of(*name, key) for name, key in KEYS.items()}, {}, [b"-----BEGIN A SECRET-----"])


@given(st.binary(max_size=300))
def test_noise_is_no_key(noise: bytes) -> None:
    """Whatever bytes: no crash, and no key where none is."""
    assert not SOUGHT.within(noise)


@given(st.binary(max_size=40), st.sampled_from(sorted(KEYS)))
def test_a_written_key_is_found_among_anything(noise: bytes, name: tuple[str, int]) -> None:
    """In hexadecimal, between other words; the epoch is the key's own."""
    written = b" %s " % KEYS[name].hex().encode()
    assert SOUGHT.within(noise + written + noise).epochs == {name}


def test_a_key_under_another_name_is_not_that_epochs() -> None:
    """The check value binds space and number: one epoch's key is not told as another's."""
    assert SOUGHT.within(KEYS["backup", 7]).epochs == {("backup", 7)}
    other = KeyTraces.of({("person", 7): check_of("backup", 7, KEYS["backup", 7])}, {}, [])
    assert not other.within(KEYS["backup", 7])


def test_a_key_file_is_told_by_its_names() -> None:
    """JSON whose every name is a space and an epoch, whatever stands under them; any other JSON is none."""
    assert SOUGHT.within(b'{"person/3": "", "case/1": ""}').epochs == {("person", 3), ("case", 1)}
    assert not SOUGHT.within(b'{"person/3": "", "note": ""}')
    assert not SOUGHT.within(b"{}")
    assert not SOUGHT.within(b"[" * 100_000)


def test_other_secrets_are_told() -> None:
    """Another secret as it lies in its file, and an age identity of anybody."""
    assert SOUGHT.within(b"x\n-----BEGIN A SECRET-----\ny").secret
    assert SOUGHT.within(b"AGE-SECRET-KEY-1" + b"Q" * 58).secret


def test_what_would_take_too_long_is_told_and_not_done() -> None:
    """More candidates times epochs than about a second allows."""
    epochs = {("person", number): bytes(16) for number in range(1000)}
    sought = KeyTraces.of(epochs, {}, [])
    few, many = (b"".join(b"%064x\n" % number for number in range(count)) for count in (10, MOST // 1000 + 1))
    assert (sought.within(few).too_many, sought.within(many).too_many) == (False, True)
