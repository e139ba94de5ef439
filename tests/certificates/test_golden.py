"""Bytes that were handed out once are checked by others for years: they change on purpose or not at all."""

import pytest

from tayori.certificates.bundle import Logged, bundled_now
from tests.certificates.builders import NOON, a_certificate, a_signer
from tests.support.golden import is_as_before

pytestmark = pytest.mark.golden


def test_the_certificate_of_a_fixed_erasure_keeps_its_bytes() -> None:
    """Canonical bytes, wording and signature of the same erasure under the same key never change unseen."""
    issued = a_certificate()
    assert is_as_before("certificate.json", issued.certificate.canonical())
    assert is_as_before("certificate.jws", issued.token.encode())


def test_its_bundle_keeps_its_bytes() -> None:
    """What the verifier reads keeps its form: old bundles are verified by new verifiers and the other way round."""
    document = Logged(a_certificate().token)
    assert is_as_before("bundle.json", bundled_now([document], [document.leaf], a_signer(), NOON))


def test_the_public_key_of_the_fixed_signer_is_the_one_of_before() -> None:
    """The form in which public keys are handed out does not change."""
    assert is_as_before("public.pem", a_signer().public_pem)
