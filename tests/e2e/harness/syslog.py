"""A real rsyslogd with sockets and ports of its own; what it receives is kept as JSON, with the fields as it parsed them."""
import json

from .daemons import accepts, program
from .network import free_port
from .processes import Daemon
from .wait import wait_until

# On local sockets RFC 3164 messages name no host, and those of RFC 5424 do: a socket for each.
CONFIG = """
global(workDirectory="{directory}" maxMessageSize="16k")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imtcp")
input(type="imuxsock" Socket="{directory}/log" RateLimit.Interval="0" UseSysTimeStamp="off" RuleSet="keep")
input(type="imuxsock" Socket="{directory}/log5424" RateLimit.Interval="0" UseSpecialParser="off" ParseHostname="on"
      RuleSet="keep")
input(type="imudp" Address="127.0.0.1" Port="{udp}" RuleSet="keep")
input(type="imtcp" Address="127.0.0.1" Port="{tcp}" RuleSet="keep")
template(name="parsed" type="list" option.jsonf="on") {{
  property(outname="message" name="msg" format="jsonf")
  property(outname="program" name="programname" format="jsonf")
  property(outname="tag" name="syslogtag" format="jsonf")
  property(outname="pid" name="procid" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="input" name="inputname" format="jsonf")
  property(outname="raw" name="rawmsg" format="jsonf")
}}
ruleset(name="keep") {{ action(type="omfile" file="{directory}/received" template="parsed") }}
"""


class Rsyslog(Daemon):
    def __init__(self, directory):
        self.directory = directory
        self.udp, self.tcp = free_port(), free_port()
        config = directory / "rsyslog.conf"
        config.write_text(CONFIG.format(directory=directory, udp=self.udp, tcp=self.tcp))
        super().__init__([program("rsyslogd"), "-n", "-f", str(config), "-i", str(directory / "pid")],
                         directory / "rsyslog.out")

    def start(self):
        super().start()
        wait_until(lambda: accepts("127.0.0.1", self.tcp) and (self.directory / "log").exists(),
                   what=f"rsyslogd ({self.log_path})")
        return self

    def received(self):
        """One dict a message, in their order."""
        path = self.directory / "received"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    def destinations(self):
        """What a logger is configured with, for each way here."""
        local = {"destination": str(self.directory / "log")}
        udp = {"destination": "127.0.0.1", "port": self.udp, "protocol": "udp"}
        tcp = {"destination": "127.0.0.1", "port": self.tcp, "protocol": "tcp"}
        return {
            "local": local, "local5424": {"destination": f"{local['destination']}5424", "format": "rfc5424"},
            # by name, which may lead to ::1 first, where nobody listens
            "udp": udp, "udp3164": {**udp, "destination": "localhost", "format": "rfc3164"},
            "tcp": tcp, "tcp3164": {**tcp, "destination": "localhost", "format": "rfc3164"},
        }
