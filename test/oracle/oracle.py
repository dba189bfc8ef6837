#!/usr/bin/env python3
"""Hold what `mirrorwatch read --logs` says about captures against what tshark says about them.

Two programs that share no code read the same bytes. Where they agree nothing is proved, but where they do not one of them is
wrong, or they mean different things by a word; each such place is worth a look. The tool prints the differences, and for each
field how many of the values agree. It is for developers and no part of the tests: tshark's opinions change with its version.

A value belongs to a conversation (its two addresses and ports, of the innermost packet), and those of a conversation are
compared as a multiset: order and time are not judged. A value that only one of both has counts as one disagreement.

What is different on purpose and is therefore left out:
  - VXLAN, GENEVE, GRE and IP in IP are envelopes, no conversations; Teredo, AYIYA and GTP are both.
  - A conversation that was split by a time-out, or by its ports being used again, is summed up again.
  - Packets that an ICMP error quotes are no packets.
  - Copies of a conversation at another observation point are added to the packets, but their bytes are not compared.
  - TCP bytes are compared only where tshark saw no retransmission, no loss and no second use of the ports.
  - mDNS may ask several questions at once; the last one has the record, as in Zeek.
  - Zeek leaves answers of some types (HTTPS, CAA, HINFO, ...) out of dns.log, and so do we.
  - A question whose UDP checksum is wrong was never taken by a server: no record of ours says that it was asked.
  - QUIC is not read, and names in DNS that are no text are not compared.

Example:
  go build -o /tmp/mirrorwatch ./cmd/mirrorwatch && test/oracle/oracle.py /tmp/mirrorwatch captures/*.pcap*
"""

import argparse
import collections
import hashlib
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

MANY = "\x1e"  # between the occurrences of a field in one frame

FIELDS = """frame.protocols frame.len ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport tcp.len udp.srcport udp.dstport udp.length
tcp.analysis.retransmission tcp.analysis.fast_retransmission tcp.analysis.spurious_retransmission tcp.analysis.out_of_order
tcp.analysis.lost_segment tcp.analysis.ack_lost_segment tcp.analysis.reused_ports tcp.analysis.keep_alive tcp.flags.syn
dns.id dns.flags.response dns.flags.rcode dns.flags.opcode dns.count.queries dns.count.zones dns.count.answers dns.count.prerequisites
dns.count.auth_rr dns.count.updates dns.count.add_rr dns.qry.name dns.qry.type dns.resp.type udp.checksum.status
nbns.id nbns.flags.response nbns.count.queries
http.request.method http.request.uri http.host http.user_agent http.response.code
tls.handshake.type tls.handshake.ciphersuite tls.handshake.version tls.handshake.extensions.supported_version
tls.handshake.extensions_server_name tls.handshake.ja3 tls.handshake.ja3s tls.handshake.extensions_alpn_str
tls.handshake.certificate x509af.serialNumber
dtls.handshake.type dtls.handshake.ciphersuite dtls.handshake.extensions_server_name dtls.handshake.certificate
ssh.protocol ssh.direction ssh.kex_algorithms ssh.kex.hassh ssh.kex.hasshserver
dhcp.option.dhcp dhcp.option.hostname dhcp.ip.your dhcp.hw.mac_addr
ntp.flags.mode ntp.stratum icmp.type icmpv6.type
vxlan.vni geneve.vni""".split()

OPTIONS = ["-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-o", "ip.defragment:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.check_checksum:FALSE",
           "-o", "http.decompress_body:FALSE", "-o", "udp.check_checksum:TRUE"]

# Types of answers that Zeek reads and leaves out of dns.log: WKS, HINFO, OPT, SVCB, HTTPS, TSIG, CAA.
LEFT_OUT = {11, 13, 41, 64, 65, 250, 257}

# Layers of tshark that are an envelope, under the name of our tunnel record.
ENVELOPES = {"vxlan": "VXLAN", "geneve": "GENEVE", "gre": "GRE", "erspan": "GRE", "teredo": "TEREDO", "ayiya": "AYIYA",
             "gtp": "GTPv1", "ip": "IP"}
# Envelopes that are no conversation of their own.
NETWORK = {"vxlan", "geneve", "gre"}
DHCP_TYPES = ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"]
TLS_VERSIONS = {0x300: "SSLv3", 0x301: "TLSv10", 0x302: "TLSv11", 0x303: "TLSv12", 0x304: "TLSv13"}


def canonical(address):
    """One spelling for an address."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def pair(a, ap, b, bp):
    """A conversation's name: both ends, in an order that does not depend on who spoke first."""
    return tuple(sorted([(canonical(a), int(ap or 0)), (canonical(b), int(bp or 0))]))


def number(text):
    """A number as tshark prints it, decimal or hexadecimal."""
    return int(text, 0) if text else 0


class Facts:
    """What one of both programs says: for each field a multiset of (conversation, value)."""

    def __init__(self):
        self.fields = collections.defaultdict(collections.Counter)
        self.doubtful = set()  # TCP conversations whose bytes are not to be compared
        self.copied = set()
        self.ports = {}  # TCP ports that speak a protocol where nobody would look for it

    def add(self, field, talk, value, count=1):
        self.fields[field][(talk, value)] += count


class Frame:
    """One line of tshark: its fields, and the layers of IP that carry each other."""

    def __init__(self, line):
        values = line.split("\t")
        self.raw = dict(zip(FIELDS, values))
        self.layers = self.raw["frame.protocols"].split(":")

    def all(self, field):
        text = self.raw.get(field, "")
        return text.split(MANY) if text else []

    def has(self, field):
        return bool(self.raw.get(field))

    def stack(self):
        """Yields (layer, source, destination, ports) for each IP header outside of an ICMP message, outermost first."""
        taken = collections.Counter()

        def take(field):
            values = self.all(field)
            taken[field] += 1
            return values[taken[field] - 1] if taken[field] <= len(values) else ""

        hosts, found = None, []
        for layer in self.layers:
            if layer in ("ip", "ipv6"):
                hosts = take(layer + ".src"), take(layer + ".dst")
                found.append([layer, hosts, None, None])
            elif layer in ("tcp", "udp") and hosts:
                found[-1][2] = layer
                found[-1][3] = take(layer + ".srcport"), take(layer + ".dstport")
                size = take("tcp.len") if layer == "tcp" else take("udp.length")
                found[-1].append(number(size) if layer == "tcp" else max(number(size) - 8, 0))
            elif layer in ("icmp", "icmpv6") and hosts:
                found[-1][2] = layer
                break
            elif layer in ENVELOPES and found:
                found[-1].append(layer)
        for outer, inner in zip(found, found[1:]):
            if outer[2] is None and not outer[4:]:
                outer.append("ip")
        return found


def run_tshark(capture, ports):
    """Lines of tshark, told which ports speak a protocol that it knows by its port alone."""
    command = ["tshark", "-r", capture, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=" + MANY, *OPTIONS]
    for port, protocol in sorted(ports.items()):
        command += ["-d", f"tcp.port=={port},{protocol}"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, check=False)
    return [Frame(line) for line in done.stdout.decode("utf-8", "replace").split("\n") if line.count("\t") > 3]


def suites():
    """The names of cipher suites by number, as tshark knows them."""
    names = {}
    done = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        parts = line.split("\t")
        if len(parts) > 3 and parts[0] == "V" and parts[1] == "tls.handshake.ciphersuite":
            names[number(parts[2])] = parts[3]
    return names


class Tshark:
    """Reads tshark's lines into facts."""

    def __init__(self, names):
        self.names = names

    def read(self, capture, ports):
        facts = Facts()
        self.kex = {}
        for frame in run_tshark(capture, ports):
            self.frame(facts, frame)
        return facts

    def frame(self, facts, frame):
        stack = frame.stack()
        if not stack:
            return
        for part in stack:
            self.conversation(facts, frame, part)
        inner = stack[-1]
        if inner[2] in ("icmp", "icmpv6"):
            self.icmp(facts, frame, inner)
            return
        if not inner[3] or "quic" in frame.layers:
            return
        talk = pair(inner[1][0], inner[3][0], inner[1][1], inner[3][1])
        for reader in (self.dns, self.nbns, self.http, self.tls, self.dtls, self.ssh, self.dhcp, self.ntp):
            reader(facts, frame, talk)

    def conversation(self, facts, frame, part):
        hosts, kind, ports, rest = part[1], part[2], part[3], part[4:]
        carried = [x for x in rest if isinstance(x, str)]
        for envelope in carried:
            facts.add("tunnel packets", pair(hosts[0], 0, hosts[1], 0), ENVELOPES[envelope])
        if kind not in ("tcp", "udp") or NETWORK & set(carried) and part is not frame.stack()[-1]:
            return
        talk = pair(hosts[0], ports[0], hosts[1], ports[1])
        sender = canonical(hosts[0]), int(ports[0] or 0)
        facts.add(kind + " packets", talk, sender)
        facts.add(kind + " bytes", talk, sender, rest[0])
        if kind == "tcp" and any(frame.has(f) for f in FIELDS if f.startswith("tcp.analysis")):
            facts.doubtful.add(talk)

    def dns(self, facts, frame, talk):
        """A frame may hold several messages: each takes its share of the lists."""
        name, kind, resource = (iter(frame.all("dns." + f)) for f in ("qry.name", "qry.type", "resp.type"))
        rcode = iter(frame.all("dns.flags.rcode"))
        sections = [iter(sorted_counts(frame, *f)) for f in (("queries", "zones"), ("answers", "prerequisites"),
                                                             ("auth_rr", "updates"), ("add_rr",))]
        for ident, response in zip(frame.all("dns.id"), frame.all("dns.flags.response")):
            queries, answers, authority, related = (next(s, 0) for s in sections)
            names = [next(name, "") for _ in range(queries)]
            kinds = [number(next(kind, "")) for _ in range(queries)]
            kept = [next(resource, "0") for _ in range(answers + authority + related)][:answers]
            if response in ("0", "False"):
                if frame.raw.get("udp.checksum.status") != "0":
                    facts.add("dns questions", talk, (number(ident), plain(names), kinds[-1] if kinds else None))
            else:
                facts.add("dns answers (id, code)", talk, (number(ident), number(next(rcode, ""))))
                count = sum(number(k) not in LEFT_OUT for k in kept)
                facts.add("dns answers (count)", talk, (number(ident), min(count, 64)))

    def nbns(self, facts, frame, talk):
        for ident, response in zip(frame.all("nbns.id"), frame.all("nbns.flags.response")):
            facts.add("dns netbios messages", talk, (number(ident), response not in ("0", "False")))

    def http(self, facts, frame, talk):
        if "ssdp" in frame.layers or "udp" in frame.layers[-3:]:
            return
        for ours, theirs in (("method", "http.request.method"), ("uri", "http.request.uri"), ("host", "http.host"),
                             ("user agent", "http.user_agent"), ("status", "http.response.code")):
            for value in frame.all(theirs):
                facts.add("http " + ours, talk, value.strip())

    def tls(self, facts, frame, talk):
        kinds = [number(k) for k in frame.all("tls.handshake.type")]
        if 1 in kinds:
            for name in frame.all("tls.handshake.extensions_server_name")[:1]:
                facts.add("tls server name", talk, name.rstrip("."))
            for print_ in frame.all("tls.handshake.ja3")[:1]:
                facts.add("tls ja3", talk, print_)
        if 2 in kinds and 1 not in kinds:
            self.server_hello(facts, frame, talk)
        for cert in frame.all("tls.handshake.certificate"):
            facts.add("tls certificates", talk, fingerprint(cert))
        if len(frame.all("tls.handshake.certificate")) == len(frame.all("x509af.serialNumber")):
            for serial in frame.all("x509af.serialNumber"):
                facts.add("tls certificate serials", talk, serial.replace(":", "").upper().removeprefix("0X").lstrip("0"))

    def server_hello(self, facts, frame, talk):
        for suite in frame.all("tls.handshake.ciphersuite")[-1:]:
            facts.add("tls cipher", talk, self.names.get(number(suite), suite))
        versions = frame.all("tls.handshake.extensions.supported_version") or frame.all("tls.handshake.version")
        for version in versions[-1:]:
            facts.add("tls version", talk, TLS_VERSIONS.get(number(version), version))
        for print_ in frame.all("tls.handshake.ja3s")[-1:]:
            facts.add("tls ja3s", talk, print_)
        for name in frame.all("tls.handshake.extensions_alpn_str")[-1:]:
            facts.add("tls alpn chosen", talk, name)

    def dtls(self, facts, frame, talk):
        kinds = [number(k) for k in frame.all("dtls.handshake.type")]
        if 2 in kinds and 1 not in kinds:
            for suite in frame.all("dtls.handshake.ciphersuite")[-1:]:
                facts.add("tls cipher", talk, self.names.get(number(suite), suite))
        if 1 in kinds:
            for name in frame.all("dtls.handshake.extensions_server_name")[:1]:
                facts.add("tls server name", talk, name)

    def ssh(self, facts, frame, talk):
        for banner in frame.all("ssh.protocol"):
            facts.add("ssh banner", talk, banner.rstrip())
        for kind in ("hassh", "hasshserver"):
            for value in frame.all("ssh.kex." + kind):
                facts.add("ssh " + kind, talk, value)
        if frame.has("ssh.kex_algorithms"):
            client = frame.has("ssh.kex.hassh")
            self.kex[(talk, client)] = frame.all("ssh.kex_algorithms")[0].split(",")
            both = self.kex.get((talk, True)), self.kex.get((talk, False))
            if all(both):
                chosen = next((a for a in both[0] if a in both[1]), None)
                facts.add("ssh kex", talk, chosen)

    def dhcp(self, facts, frame, talk):
        for kind in frame.all("dhcp.option.dhcp"):
            n = number(kind)
            facts.add("dhcp message", None, DHCP_TYPES[n] if n < len(DHCP_TYPES) else n)
            if n == 5:
                for address in set(frame.all("dhcp.ip.your")) - {"0.0.0.0"}:
                    facts.add("dhcp assigned", None, (frame.all("dhcp.hw.mac_addr") or [""])[0] + " " + address)
        for name in frame.all("dhcp.option.hostname"):
            facts.fields["dhcp host name"][(None, name)] = 1

    def ntp(self, facts, frame, talk):
        if not frame.has("ntp.flags.mode"):
            return
        for mode in frame.all("ntp.flags.mode"):
            facts.add("ntp mode", talk, number(mode))
        for stratum in frame.all("ntp.stratum"):
            facts.add("ntp stratum", talk, number(stratum))

    def icmp(self, facts, frame, part):
        kind = (frame.all("icmp.type") or frame.all("icmpv6.type") or [""])[0]
        if kind:
            facts.add("icmp messages", pair(part[1][0], 0, part[1][1], 0), canonical(part[1][0]))


def sorted_counts(frame, *names):
    """The counts of one section, of each message in the frame; DNS UPDATE has its own names for the sections."""
    for name in names:
        counts = frame.all("dns.count." + name)
        if counts:
            return [number(c) for c in counts]
    return []


def plain(names):
    """The last name as both programs write it, or a mark where it is no plain text."""
    name = names[-1].lower() if names else ""
    if name == "<root>":
        return ""
    return name if all(c.isalnum() and c.isascii() or c in "._-*/ []:()'&" for c in name) else "?"


def fingerprint(cert):
    return hashlib.sha256(bytes.fromhex(cert.replace(":", ""))).hexdigest()


class Ours:
    """Reads our logs into facts."""

    def __init__(self, program):
        self.program = program

    def read(self, capture):
        facts = Facts()
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([self.program, "read", "--logs", out, capture], capture_output=True, check=False)
            for kind in ("conn", "dns", "http", "ssl", "x509", "ssh", "dhcp", "ntp", "icmp", "tunnel"):
                path = os.path.join(out, kind + ".log")
                if os.path.exists(path):
                    with open(path, encoding="utf-8") as log:
                        for line in log:
                            row = json.loads(line)
                            talk = pair(row["id.orig_h"], row["id.orig_p"], row["id.resp_h"], row["id.resp_p"])
                            getattr(self, kind)(facts, talk, row)
        return facts

    def conn(self, facts, talk, row):
        if row["proto"] not in ("tcp", "udp") or row.get("interim"):
            return
        if row.get("duplicate_pkts"):
            facts.copied.add(talk)
        if row["proto"] == "tcp" and row.get("missed_bytes"):
            facts.doubtful.add(talk)
        for end in ("orig", "resp"):
            sender = canonical(row[f"id.{end}_h"]), row[f"id.{end}_p"]
            facts.add(row["proto"] + " packets", talk, sender, row[end + "_pkts"])
            size = row.get(end + "_bytes")
            if size is None:  # all packets at one moment: the record leaves the bytes out
                facts.doubtful.add(talk)
            else:
                facts.add(row["proto"] + " bytes", talk, sender, size)

    def dns(self, facts, talk, row):
        netbios = 137 in (talk[0][1], talk[1][1])
        asked, answered = "query_bytes" in row, "rcode" in row
        for present, response in ((asked, False), (answered, True)):
            if present and netbios:
                facts.add("dns netbios messages", talk, (row["trans_id"], response))
        if netbios:
            return
        if asked:
            facts.add("dns questions", talk, (row["trans_id"], plain([row.get("query", "")]), row.get("qtype")))
        if answered:
            facts.add("dns answers (id, code)", talk, (row["trans_id"], row["rcode"]))
            facts.add("dns answers (count)", talk, (row["trans_id"], len(row.get("answers", []))))

    def http(self, facts, talk, row):
        for name, field in (("method", "method"), ("uri", "uri"), ("host", "host"), ("user agent", "user_agent"),
                            ("status", "status_code"), ("status", "info_code")):
            if field in row and not (field == "info_code" and row.get("status_code") == row["info_code"]):
                facts.add("http " + name, talk, str(row[field]))

    def ssl(self, facts, talk, row):
        for name, field in (("server name", "server_name"), ("ja3", "ja3"), ("ja3s", "ja3s"), ("cipher", "cipher"),
                            ("version", "version"), ("alpn chosen", "next_protocol")):
            if field in row and not (name != "server name" and name != "cipher" and row["version" if "version" in row else field].startswith("DTLS")):
                facts.add("tls " + name, talk, row[field])

    def x509(self, facts, talk, row):
        facts.add("tls certificates", talk, row["fingerprint"])
        facts.add("tls certificate serials", talk, row["certificate.serial"].lstrip("0"))

    def ssh(self, facts, talk, row):
        if row["id.resp_p"] != 22:
            facts.ports[row["id.resp_p"]] = "ssh"
        for name, field in (("banner", "client"), ("banner", "server"), ("hassh", "hassh"), ("hasshserver", "hasshServer"),
                            ("kex", "kex_alg")):
            if field in row:
                facts.add("ssh " + name, talk, row[field])

    def dhcp(self, facts, talk, row):
        for kind in row.get("msg_types", []):
            facts.add("dhcp message", None, kind)
        if "assigned_addr" in row and "ACK" in row["msg_types"]:
            facts.add("dhcp assigned", None, row.get("mac", "") + " " + row["assigned_addr"])
        if "host_name" in row:
            facts.fields["dhcp host name"][(None, row["host_name"])] = 1

    def ntp(self, facts, talk, row):
        facts.add("ntp mode", talk, row["mode"])
        if row["mode"] < 6:
            facts.add("ntp stratum", talk, row["stratum"])

    def icmp(self, facts, talk, row):
        if row.get("interim"):
            return
        hosts = pair(row["id.orig_h"], 0, row["id.resp_h"], 0)
        facts.add("icmp messages", hosts, canonical(row["id.orig_h"]), row["requests"])
        facts.add("icmp messages", hosts, canonical(row["id.resp_h"]), row["replies"])

    def tunnel(self, facts, talk, row):
        if row["action"] == "Tunnel::CLOSE":
            kind = row["tunnel_type"].split("::")[1]
            facts.add("tunnel packets", pair(row["id.orig_h"], 0, row["id.resp_h"], 0), kind, row.get("packets", 0))


class Tally:
    """Counts agreement, and prints what does not agree."""

    def __init__(self, most):
        self.most = most
        self.agree, self.of = collections.Counter(), collections.Counter()

    def compare(self, capture, ours, theirs):
        for field in sorted(set(ours.fields) | set(theirs.fields)):
            a, b = self.left(field, ours, theirs)
            both = sum((a & b).values())
            self.agree[field] += both
            self.of[field] += both + max(sum((a - b).values()), sum((b - a).values()))
            self.show(capture, field, a - b, b - a)

    def left(self, field, ours, theirs):
        """Both multisets without what is known not to be comparable."""
        skip = set()
        if field.endswith("bytes"):
            skip = ours.doubtful | theirs.doubtful | ours.copied
        elif field.endswith("packets"):
            skip = ours.copied
        keep = lambda c: collections.Counter({k: n for k, n in c.items() if k[0] not in skip and n})
        return keep(ours.fields[field]), keep(theirs.fields[field])

    def show(self, capture, field, only_ours, only_theirs):
        lines = [("only we", k, n) for k, n in only_ours.items()] + [("only tshark", k, n) for k, n in only_theirs.items()]
        lines.sort(key=lambda line: (str(line[1][0]), line[0], str(line[1][1])))
        for who, (talk, value), n in lines[:self.most]:
            where = "" if talk is None else " " + " ".join(f"{h}:{p}" for h, p in talk)
            print(f"{os.path.basename(capture)}: {field}:{where}: {who} {value!r} x{n}")
        if len(lines) > self.most:
            print(f"{os.path.basename(capture)}: {field}: and {len(lines) - self.most} more")

    def report(self):
        for field in sorted(self.of):
            agree, of = self.agree[field], self.of[field]
            print(f"{field}: {agree} of {of} agree ({100 * agree / max(of, 1):.2f} %)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="MIRRORWATCH", help="the program")
    parser.add_argument("captures", metavar="CAPTURE", nargs="+", help="capture files")
    parser.add_argument("--most", type=int, default=6, help="differences printed of a field and capture (default %(default)s)")
    args = parser.parse_args()
    tally, tshark, ours = Tally(args.most), Tshark(suites()), Ours(args.program)
    for capture in args.captures:
        we = ours.read(capture)
        tally.compare(capture, we, tshark.read(capture, we.ports))
    tally.report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
