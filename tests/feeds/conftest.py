"""What tests of feeds share: a site, and an office whose rules name it, on each kind of store."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.office import Office
from tests.feeds.builders import HERE, rules_file
from tests.support.feed_site import FeedSite, running_site


@pytest.fixture
def site() -> Iterator[FeedSite]:
    """Give a running site."""
    with running_site() as started:
        yield started


def reading_feeds(office: Office, site: FeedSite, folder: Path) -> Office:
    """Give the same office with the site's feed in its settings."""
    changes = {"feeds_file": rules_file(folder, f"{site.base}/feed"), "feed_allowed_hosts": (HERE,)}
    return dataclasses.replace(office, settings=office.settings.model_copy(update=changes))


@pytest.fixture
def reader(office: Office, site: FeedSite, tmp_path: Path) -> Iterator[Office]:
    """Give an office that reads the site's feed, on SQLite and on PostgreSQL."""
    opened = reading_feeds(office, site, tmp_path / "rules")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_reader(sqlite_office: Office, site: FeedSite, tmp_path: Path) -> Iterator[Office]:
    """Give an office that reads the site's feed, for rules that do not depend on the store."""
    opened = reading_feeds(sqlite_office, site, tmp_path / "rules")
    yield opened
    opened.close()
