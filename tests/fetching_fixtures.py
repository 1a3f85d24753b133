"""A misbehaving site for each test of bureau fetch."""

import pytest
from misbehaving_site import serving


@pytest.fixture
def site():
    """On every address of the loopback network."""
    with serving("0.0.0.0") as found:
        yield found
