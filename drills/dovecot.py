"""A private Dovecot for drills and tests: its own folder, ports, certificate and user; run as root or as anybody."""

from __future__ import annotations

import contextlib
import grp
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BINARY = Path("/usr/sbin/dovecot")
USER, PASSWORD = "letters@example.com", "not-a-secret"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
disable_plaintext_auth = no
mail_location = maildir:{folder}/Maildir
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
{more}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(folder: Path) -> None:
    """A self-signed certificate for 127.0.0.1, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(encoded)


class Dovecot:
    """One server with one mailbox. ``more`` is added to its configuration."""

    def __init__(self, more: str = "") -> None:
        # Not pytest's folder: sockets need a short path, and the mail user must be able to enter it.
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.folder.chmod(0o755)
        self.plain_port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = 0
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._owner = (owner.pw_uid, owner.pw_gid)
        make_certificate(self.folder)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
        for name in ("Maildir", "Maildir/new", "Maildir/cur", "Maildir/tmp"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, *self._owner)
        config = _CONFIG.format(
            folder=self.folder,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            plain_port=self.plain_port,
            tls_port=self.tls_port,
            more=more,
        )
        (self.folder / "dovecot.conf").write_text(config, "utf-8")

    @property
    def ca_file(self) -> str:
        return str(self.folder / "cert.pem")

    def settings(self, **more: object) -> dict[str, object]:
        """An account's settings for this server."""
        return {
            "imap_host": "127.0.0.1",
            "imap_port": self.tls_port,
            "imap_user": USER,
            "imap_password": PASSWORD,
            "imap_ca_file": self.ca_file,
            "address": USER,
            **more,
        }

    def start(self) -> None:
        command = [str(BINARY), "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), 1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"dovecot did not start: {self.log()}")

    def log(self) -> str:
        texts = [(self.folder / name) for name in ("output.log", "dovecot.log")]
        return "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in texts if path.exists())

    def kill(self) -> None:
        """End the server and all its children at once, as a crash of the machine would."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def deliver(self, payload: bytes) -> None:
        """Put a letter into the mailbox, as a delivery agent does: whole or not at all."""
        self._delivered += 1
        name = f"{time.time_ns()}.{os.getpid()}_{self._delivered}.example"
        written = self.folder / "Maildir/tmp" / name
        written.write_bytes(payload)
        os.chown(written, *self._owner)
        written.rename(self.folder / "Maildir/new" / name)

    def delete(self, payload: bytes) -> None:
        """Remove a letter behind the server's back, as another program that clears the mailbox does."""
        for path in [*(self.folder / "Maildir/new").iterdir(), *(self.folder / "Maildir/cur").iterdir()]:
            if path.read_bytes() == payload:
                path.unlink()

    def change_validity(self) -> None:
        """Give the folder a new UIDVALIDITY, as a restored backup has. The server must be down."""
        assert self._process is None
        for path in (self.folder / "Maildir").glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # the new value is the second of its making

    def flags(self) -> list[str]:
        """The flags of all letters, as the file names show them."""
        return [path.name.rpartition(":2,")[2] for path in sorted((self.folder / "Maildir/cur").iterdir())]


@contextmanager
def dovecot(more: str = "") -> Iterator[Dovecot | None]:
    """A running server, ended with all it wrote; None where Dovecot is not installed."""
    if not BINARY.exists():
        yield None
        return
    server = Dovecot(more)
    try:
        server.start()
        yield server
    finally:
        server.close()
