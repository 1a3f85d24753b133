"""Which addresses may be connected to.

A server on the web must not send us to this machine or to the network it stands in: a name is
looked up here, its addresses are judged, and the connection goes to exactly those that passed.
Inside addresses are for hosts that the user named: by address or as localhost in the list, or
by ``--allow-host``. A redirect reaches them only from one such host to another.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from indexer.fetch.shapes import Failure

NAT64 = IPv6Network("64:ff9b::/96")
MOST_ADDRESSES = 4  # of one host that are tried

Origin = tuple[str, int]  # host and port


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine looks it up.

    :raises Failure: if it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failure(f"no address is known for {host}", f"查不到 {host} 的地址") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the open Internet, whatever form it is wrapped in."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        inner = embedded(found)
        if inner is not None and not is_public(str(inner)):
            return False
    return found.is_global and not found.is_multicast


def embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a tunnel or translator would carry ``address`` on."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or (address.teredo[1] if address.teredo else None)


def names_inside(host: str) -> bool:
    """Whether ``host`` says by itself that it is inside: localhost, or an inside address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Network:
    """Who may be connected to; its last two fields are for tests to replace."""

    named: frozenset[Origin] = frozenset()  # inside, and in the list
    allowed: frozenset[str] = frozenset()  # hosts that may be inside
    look_up: Callable[[str, int], list[str]] = resolve
    public: Callable[[str], bool] = is_public

    @classmethod
    def from_origins(cls, origins: Iterable[Origin], allowed: Iterable[str] = ()) -> Network:
        """The network of a list whose URLs have these origins."""
        named = frozenset((host, port) for host, port in origins if names_inside(host))
        return cls(named, frozenset(host.lower().rstrip(".") for host in allowed))

    def inside(self, origin: Origin) -> bool:
        """Whether the user named this host as one that may be inside."""
        return origin in self.named or origin[0] in self.allowed

    def addresses(self, origin: Origin, *, inside: bool) -> list[str]:
        """The addresses of a host that may be connected to.

        :raises Failure: if there is none.
        """
        found = self.look_up(*origin)
        passed = [address for address in found if inside or self.public(address)]
        if not passed:
            host, at = origin[0], ", ".join(found[:MOST_ADDRESSES])
            raise Failure(
                f"{host} is at the inside address {at}: list it so, or use --allow-host",
                f"{host} 指向内部地址 {at}：请在列表中直接写明，或使用 --allow-host",
            )
        return passed[:MOST_ADDRESSES]
