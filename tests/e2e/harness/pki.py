"""A certificate authority made at run time with openssl(1), and the certificates of the HTTPS tests."""
import datetime
import subprocess

CONFIG = """
[ca]
default_ca = it
[it]
dir = {directory}
database = $dir/index.txt
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
serial = $dir/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:false
[req]
distinguished_name = name
[name]
"""


class Authority:
    """ca.pem in its directory, and make() for certificates signed by it."""

    def __init__(self, directory):
        self.directory = directory
        self.ca = directory / "ca.pem"
        self.config = directory / "openssl.cnf"
        self.config.write_text(CONFIG.format(directory=directory))
        (directory / "index.txt").write_text("")
        (directory / "serial").write_text("1000\n")
        self._key(directory / "ca.key")
        self._openssl("req", "-x509", "-new", "-key", directory / "ca.key", "-subj", "/CN=exacheck test authority",
                      "-days", "30", "-out", self.ca, "-addext", "basicConstraints=critical,CA:true")

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def _key(self, path):
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
        path.chmod(0o644)

    def make(self, label, names, first_day=-1.0, last_day=90.0):
        """A certificate for names ("DNS:x", "IP:y"), valid from and to so many days from now: (cert, key)."""
        key, request, cert = (self.directory / f"{label}.{suffix}" for suffix in ("key", "csr", "pem"))
        self._key(key)
        self._openssl("req", "-new", "-config", self.config, "-key", key, "-subj", f"/CN={label}", "-out", request,
                      "-addext", "subjectAltName=" + ",".join(names))
        now = datetime.datetime.now(datetime.timezone.utc)
        first, last = ((now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
                       for days in (first_day, last_day))
        self._openssl("ca", "-batch", "-notext", "-config", self.config, "-extensions", "leaf", "-startdate", first,
                      "-enddate", last, "-in", request, "-out", cert)
        return cert, key
