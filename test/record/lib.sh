# Sourced by every scenario: hosts as network namespaces around one router, taps, and a traffic mirror.
# What comes in is the name of a capture; what goes out is test/replay/<name>. It changes nothing outside the namespaces it makes,
# its own temporary folder and /etc/netns/<its namespaces>, and removes all three when the scenario ends, however it ends.
#
# Each host is an interface with a /32 address and the router as its gateway, the way a VPC is routed: there is no broadcast, and a
# packet to an address that nobody has leaves the host and is dropped by the router without a word.

set -euo pipefail

refuse() { echo "$(basename "$0"): $*" >&2; exit 2; }

[ "$(id -u)" = 0 ] || refuse "needs root, to make network namespaces"
command -v tcpdump >/dev/null || refuse "needs tcpdump (run test/record/install.sh)"
ip netns list >/dev/null 2>&1 || refuse "needs ip netns (Debian package iproute2)"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=$(cd "${OUT:-$HERE/../replay}" && pwd)
RUN=mw$$
TMP=$(mktemp -d /tmp/record.XXXXXX)
chmod 755 "$TMP"
HOSTS=()
TAPS=()

needs() { for p in "$@"; do command -v "$p" >/dev/null || refuse "needs $p (run test/record/install.sh)"; done; }

# --- namespaces ---------------------------------------------------------------------------------------------------------------

namespace() { # NAME: an empty namespace, with loopback up and no IPv6 chatter
	ip netns add "$RUN-$1"
	HOSTS+=("$1")
	in_ "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip -n "$RUN-$1" link set lo up
}

in_() { local h=$1; shift; ip netns exec "$RUN-$h" "$@"; } # HOST COMMAND...

# background HOST COMMAND...: runs until the scenario ends.
background() { local h=$1; shift; ip netns exec "$RUN-$h" "$@" >>"$TMP/$h.log" 2>&1 & }

cleanup() {
	local h pid
	trap - EXIT INT TERM
	for h in "${HOSTS[@]}"; do
		for pid in $(ip netns pids "$RUN-$h" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
	done
	sleep 0.3
	for h in "${HOSTS[@]}"; do
		for pid in $(ip netns pids "$RUN-$h" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
		ip netns del "$RUN-$h" 2>/dev/null || true
		rm -rf "/etc/netns/$RUN-$h"
	done
	rmdir /etc/netns 2>/dev/null || true # only where it is empty
	rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

router() { # makes the router; what has no host is dropped silently, as a VPC does
	namespace vpc
	in_ vpc sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.send_redirects=0
	ip -n "$RUN-vpc" route add blackhole default
}

# wire_offload NS IF: checksums filled in and one segment a packet, as on a wire.
wire_offload() {
	ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null 2>&1
	ip -n "$1" link set "$2" gso_max_segs 1
}

host() { # NAME ADDRESS...: a host behind the router; more addresses are more interfaces' worth on the same one
	local h=$1 a; shift
	namespace "$h"
	ip -n "$RUN-vpc" link add "$h" mtu 9001 type veth peer name eth0 netns "$RUN-$h" mtu 9001
	wire_offload "$RUN-vpc" "$h"
	wire_offload "$RUN-$h" eth0
	ip -n "$RUN-vpc" addr add 10.20.0.1/32 dev "$h"
	ip -n "$RUN-vpc" link set "$h" up
	ip -n "$RUN-$h" link set eth0 up
	for a in "$@"; do
		ip -n "$RUN-$h" addr add "$a/32" dev eth0
		ip -n "$RUN-vpc" route add "$a" dev "$h"
	done
	ip -n "$RUN-$h" route add 10.20.0.1 dev eth0
	ip -n "$RUN-$h" route add default via 10.20.0.1 dev eth0 src "$1"
}

# --- taps ---------------------------------------------------------------------------------------------------------------------

tap() { # HOST FILE [tcpdump arguments]: records the host's interface, at the router's end
	record vpc "$1" "${@:2}"
}

record() { # NAMESPACE INTERFACE FILE [tcpdump arguments]
	local ns=$1 dev=$2 file=$3; shift 3
	ip netns exec "$RUN-$ns" tcpdump -Z root -nn -U -B 16384 -i "$dev" -w "$TMP/$file" "$@" 2>"$TMP/$file.err" &
	TAPS+=($!)
	for _ in $(seq 100); do
		grep -qs 'listening on' "$TMP/$file.err" && return
		sleep 0.05
	done
	refuse "tcpdump did not start: $(cat "$TMP/$file.err")"
}

save() { # FILE [SAVED-AS]: stops all taps and moves the capture to its place; .gz and .pcapng by the name's end
	local file=$1 as=${2:-$1} pid
	sleep 1.6 # longer than the second after which the kernel hands a part-filled block to tcpdump
	for pid in "${TAPS[@]}"; do kill -INT "$pid" 2>/dev/null || true; wait "$pid" || true; done
	TAPS=()
	case $as in
	*.pcap.gz) gzip -9 -n -c "$TMP/$file" >"$OUT/$as" ;;
	*.pcapng) editcap -F pcapng "$TMP/$file" "$TMP/ng" && mv "$TMP/ng" "$OUT/$as" ;;
	*) cp "$TMP/$file" "$OUT/$as" ;;
	esac
	chmod 644 "$OUT/$as"
	echo "$as $(stat -c %s "$OUT/$as") bytes, $(tcpdump -nn -r "$TMP/$file" 2>/dev/null | wc -l) packets"
}

# --- traffic mirror -----------------------------------------------------------------------------------------------------------

SENSOR=10.20.255.10

sensor() { # the mirror target: a VXLAN socket that takes everything and gives nothing back; record it with tap_sensor
	host sensor $SENSOR
	ip -n "$RUN-sensor" link add vx type vxlan external dstport 4789
	ip -n "$RUN-sensor" link set vx up
}

tap_sensor() { record sensor eth0 "$1" "${@:2}" udp dst port 4789; }

# mirror HOST VNI: copies what eth0 of the host receives and sends into a VXLAN towards the sensor, with the host's own address as the
# outer source, as a mirror session does. The copies leave by an interface of their own, so they are never mirrored again.
mirror() {
	local h=$1 vni=$2 ns=$RUN-$1 self d
	self=$(ip -n "$ns" -4 -o addr show dev eth0 | awk '{sub("/.*","",$4); print $4; exit}')
	ip -n "$RUN-vpc" link add "m-$h" mtu 9101 type veth peer name mirror netns "$ns" mtu 9101
	ip -n "$RUN-vpc" link set sensor mtu 9101
	ip -n "$RUN-sensor" link set eth0 mtu 9101
	ip -n "$RUN-vpc" addr add 10.20.0.1/32 dev "m-$h"
	ip -n "$RUN-vpc" link set "m-$h" up
	ip netns exec "$ns" ethtool -K mirror tx off >/dev/null 2>&1
	ip -n "$ns" link set mirror up
	ip -n "$ns" neigh add 10.20.0.1 lladdr "$(in_ vpc cat "/sys/class/net/m-$h/address")" dev mirror nud permanent
	ip -n "$ns" route add $SENSOR via 10.20.0.1 dev mirror onlink src "$self"
	ip -n "$ns" link add vx0 mtu 9001 type vxlan id "$vni" local "$self" remote $SENSOR dstport 4789 ttl 255 nolearning noudpcsum
	ip -n "$ns" link set vx0 up
	in_ "$h" tc qdisc add dev eth0 clsact
	for d in ingress egress; do # a mirror session carries no ARP, so IP alone is copied
		in_ "$h" tc filter add dev eth0 $d protocol ip u32 match u32 0 0 action mirred egress mirror dev vx0
	done
}

# --- services -----------------------------------------------------------------------------------------------------------------

etc() { # HOST FILE: standard input becomes /etc/FILE of that host
	mkdir -p "/etc/netns/$RUN-$1"
	cat >"/etc/netns/$RUN-$1/$2"
}

accounts() { # HOST USER PASSWORD [USER PASSWORD]...: the users of a host, from 1000 up
	local h=$1 id=1000 dir; shift
	dir=/etc/netns/$RUN-$h
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n' | etc "$h" passwd
	printf 'root:*:19000::::::\nnobody:*:19000::::::\nsshd:!:19000::::::\n' | etc "$h" shadow
	printf 'root:x:0:\nshadow:x:42:\nnogroup:x:65534:\n' | etc "$h" group
	while [ $# -gt 1 ]; do
		mkdir -p "$TMP/home-$h/$1"
		echo "$1:x:$id:$id::$TMP/home-$h/$1:/bin/sh" >>"$dir/passwd"
		echo "$1:$(openssl passwd -6 "$2"):19000:0:99999:7:::" >>"$dir/shadow"
		echo "$1:x:$id:" >>"$dir/group"
		chown "$id:$id" "$TMP/home-$h/$1"
		id=$((id + 1)); shift 2
	done
	chmod 600 "$dir/shadow"
}

ssh_server() { # HOST PORT USER PASSWORD [authorized key file]: sshd with users of its own
	local h=$1 port=$2 user=$3 hash
	hash=$(openssl passwd -6 "$4")
	{ echo "root:x:0:0::/root:/bin/sh"; echo "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin"; echo "$user:x:1000:1000::/home/$user:/bin/sh"; } | etc "$h" passwd
	{ echo "root:*:19000::::::"; echo "sshd:!:19000::::::"; echo "$user:$hash:19000:0:99999:7:::"; } | etc "$h" shadow
	chmod 600 "/etc/netns/$RUN-$h/shadow"
	printf 'root:x:0:\nnogroup:x:65534:\n%s:x:1000:\n' "$user" | etc "$h" group
	[ -f "$TMP/hostkey-$h" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$TMP/hostkey-$h"
	[ -n "${5:-}" ] && { cp "$5" "$TMP/authorized-$h"; chmod 644 "$TMP/authorized-$h"; }
	background "$h" bash -c "mount -t tmpfs tmpfs /run && mkdir -p -m 755 /run/sshd && mount -t tmpfs tmpfs /home &&
		mkdir -p /home/$user && chown 1000:1000 /home/$user && cd / &&
		exec /usr/sbin/sshd -D -e -f /dev/null -p $port -h $TMP/hostkey-$h -o UsePAM=no -o PasswordAuthentication=yes \
			-o StrictModes=no -o AuthorizedKeysFile=$TMP/authorized-$h -o PrintMotd=no -o PrintLastLog=no -o MaxStartups=100 \
			-o Subsystem='sftp internal-sftp' -o PidFile=none"
	listening "$h" "$port"
}

listening() { # HOST PORT: waits until something listens there
	for _ in $(seq 100); do
		in_ "$1" ss -Hltn "sport = :$2" | grep -q . && return
		sleep 0.1
	done
	refuse "nothing listens on $1:$2: $(tail -3 "$TMP/$1.log")"
}

web_server() { # HOST: runs nginx with the http block on standard input
	mkdir -p "$TMP/$1/www"
	{
		echo "daemon off; worker_processes 1; pid $TMP/$1/pid; error_log $TMP/$1/error.log; include /etc/nginx/modules-enabled/*.conf; events {}"
		echo "http { include /etc/nginx/mime.types; client_body_temp_path $TMP/$1/b; proxy_temp_path $TMP/$1/p; fastcgi_temp_path $TMP/$1/f;"
		echo "uwsgi_temp_path $TMP/$1/u; scgi_temp_path $TMP/$1/s; access_log $TMP/$1/access.log; root $TMP/$1/www; client_max_body_size 1g;"
		cat
		echo "}"
	} >"$TMP/$1/nginx.conf"
	chmod -R a+rwX "$TMP/$1"
	background "$1" nginx -c "$TMP/$1/nginx.conf"
}

authority() { # a certificate authority of the scenario's own: $TMP/ca.pem
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/ca.key" -out "$TMP/ca.pem" -days 3650 \
		-subj '/O=Example Trust/CN=Example Root CA' 2>/dev/null
	mkdir -p "$TMP/ca" && : >"$TMP/ca/index" && echo 1000 >"$TMP/ca/serial"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/ca/index\nserial=%s/ca/serial\nnew_certs_dir=%s/ca\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n' \
		"$TMP" "$TMP" "$TMP" >"$TMP/ca.conf"
}

certificate() { # NAME START END (YYYYMMDDHHMMSSZ): $TMP/NAME.pem and .key, RSA 2048, signed by the authority
	openssl req -new -newkey rsa:2048 -nodes -keyout "$TMP/$1.key" -out "$TMP/$1.csr" -subj "/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null
	openssl ca -batch -config "$TMP/ca.conf" -cert "$TMP/ca.pem" -keyfile "$TMP/ca.key" -startdate "$2" -enddate "$3" \
		-in "$TMP/$1.csr" -out "$TMP/$1.pem" -notext 2>/dev/null
	chmod 644 "$TMP/$1.key"
}

jitter() { # SECONDS PERCENT: sleeps that long, give or take
	sleep "$(awk -v s="$1" -v p="$2" -v r=$RANDOM 'BEGIN{printf "%.3f", s*(1+(2*r/32767-1)*p/100)}')"
}
