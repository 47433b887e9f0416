"""DNS (RFC 1035) and NTP (RFC 5905) messages, built byte by byte so that every field can be wrong."""
import struct
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257}
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
NTP_EPOCH = 2208988800  # 1900 to 1970 in seconds


def dns_name(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def dns_question(query):
    """The question section of a query with one question."""
    end = 12
    while query[end]:
        end += query[end] + 1
    return query[12:end + 5]


def dns_question_type(query):
    return struct.unpack("!H", dns_question(query)[-4:-2])[0]


def dns_record(kind, data, ttl=60):
    """A record of the question's name (by pointer)."""
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def dns_response(query, records=(), rcode=NOERROR, truncated=False, authoritative=False, authentic=False,
                 id_change=0, is_response=True, question=None):
    number = (struct.unpack("!H", query[:2])[0] + id_change) & 0xFFFF
    flags = (0x8000 * is_response | 0x0400 * authoritative | 0x0200 * truncated | 0x0100 | 0x0080
             | 0x0020 * authentic | rcode)
    head = struct.pack("!HHHHHH", number, flags, 1, len(records), 0, 0)
    return head + (question or dns_question(query)) + b"".join(records)


def dns_a(address):
    return dns_record(TYPES["A"], bytes(int(part) for part in address.split(".")))


def ntp_time(seconds):
    """Seconds since 1970 as an NTP timestamp."""
    whole = int(seconds)
    return struct.pack("!II", (whole + NTP_EPOCH) & 0xFFFFFFFF, int((seconds - whole) * 2**32) & 0xFFFFFFFF)


def ntp_response(query, leap=0, version=None, mode=4, stratum=2, offset=0.0, root_dispersion=0.001,
                 originate=None, reference=b"TEST", transmit=None, length=48):
    """An answer from a server whose clock is `offset` seconds ahead."""
    number = (query[0] >> 3) & 7 if version is None else version
    now = ntp_time(time.time() + offset)
    head = struct.pack("!BBbb", leap << 6 | number << 3 | mode, stratum, 6, -20)
    head += struct.pack("!II", 0, int(root_dispersion * 65536)) + reference
    packet = head + now + (query[40:48] if originate is None else originate) + now
    packet += now if transmit is None else transmit
    return packet[:length]
