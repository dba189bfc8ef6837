#!/bin/bash
# Password guessing with hydra, and beside it the person who mistypes: guessing.sh [SCENE]
# ftp, ftp-honest: vsftpd; database, database-honest: PostgreSQL with passwords by SCRAM; mysql, mysql-honest: MariaDB; telnet, telnet-honest: inetutils' telnetd
# under socat. In ftp the last password is the right one. SMB is in smb.sh.
. "$(dirname "$0")/lib.sh"
words() { for i in $(seq "$1"); do echo "guess$((i * 7919 % 10007))"; done; }
guess() { in_ "$1" hydra -I -t 4 -w 10 "${@:2}" >"$TMP/hydra" 2>&1 || true; } # HOST HYDRA'S ARGUMENTS

ftp_server() { # HOST USER PASSWORD
	needs vsftpd
	accounts "$@"
	printf 'listen=YES\nbackground=NO\nlocal_enable=YES\nwrite_enable=YES\nanonymous_enable=NO\nsecure_chroot_dir=%s\nseccomp_sandbox=NO\npam_service_name=vsftpd\nxferlog_enable=NO\nallow_writeable_chroot=YES\n' \
		"$TMP" >"$TMP/vsftpd.conf"
	background "$1" vsftpd "$TMP/vsftpd.conf"
	listening "$1" 21
}

database() { # HOST USER PASSWORD: PostgreSQL, as the system's user postgres, with its files in the scenario's folder
	local bin
	bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1) || refuse "needs postgresql (run test/record/install.sh)"
	needs psql setpriv
	mkdir -p "$TMP/pg" && echo "keeper-$RANDOM" >"$TMP/pg/word" && chown -R postgres: "$TMP/pg"
	as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
	(cd / && as "$bin/initdb" -D "$TMP/pg/db" -A scram-sha-256 -U postgres --no-sync --pwfile="$TMP/pg/word") >"$TMP/o" 2>&1
	printf "listen_addresses='*'\nunix_socket_directories='%s'\nfsync=off\nmax_connections=20\nshared_buffers=8MB\n" "$TMP/pg" >>"$TMP/pg/db/postgresql.conf"
	printf 'local all all trust\nhost all all 0.0.0.0/0 scram-sha-256\n' >"$TMP/pg/db/pg_hba.conf"
	cd / && background "$1" setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/postgres" -D "$TMP/pg/db"
	listening "$1" 5432
	as psql -q -h "$TMP/pg" -U postgres -c "create role $2 login password '$3'" -c "create database shop owner $2"
}

query() { PGPASSWORD=$2 in_ "$1" psql -q -h "$3" -U "$4" -d shop "${@:5}" >"$TMP/o" 2>&1; } # HOST PASSWORD SERVER USER ARGUMENTS

mysql_server() { # HOST USER PASSWORD: MariaDB, as the system's user mysql
	needs mariadbd mariadb mariadb-install-db setpriv
	mkdir -p "$TMP/my" && chown mysql: "$TMP/my"
	mariadb-install-db --no-defaults --user=mysql --datadir="$TMP/my/db" --skip-test-db >"$TMP/o" 2>&1 || refuse "mariadb-install-db: $(tail -2 "$TMP/o")"
	printf "create database shop;\ncreate table shop.orders (id serial, what text);\ncreate user '%s'@'%%' identified by '%s';\ngrant all on shop.* to '%s'@'%%';\n" "$2" "$3" "$2" >"$TMP/my/init.sql"
	cd / && background "$1" setpriv --reuid=mysql --regid=mysql --clear-groups mariadbd --no-defaults --datadir="$TMP/my/db" --socket="$TMP/my/s" --pid-file="$TMP/my/pid" \
		--bind-address=0.0.0.0 --skip-name-resolve --innodb-buffer-pool-size=16M --init-file="$TMP/my/init.sql" --max-connect-errors=1000
	listening "$1" 3306
}

telnet_server() { # HOST USER PASSWORD
	needs telnetd telnet socat
	accounts "$@"
	printf 'hosts: files\npasswd: files\ngroup: files\nshadow: files\n' | etc "$1" nsswitch.conf # it looks up who calls
	printf '127.0.0.1 localhost\n10.20.2.23 camera\n10.20.1.15 client\n203.0.113.66 client\n' | etc "$1" hosts
	printf '#!/bin/sh\nexec login\n' >"$TMP/login.sh"
	printf '#!/bin/sh\nexec unshare -u sh -c "hostname camera; exec telnetd -h -E %s/login.sh"\n' "$TMP" >"$TMP/telnet.sh"
	chmod +x "$TMP"/*.sh
	background "$1" socat TCP-LISTEN:23,fork,reuseaddr EXEC:"$TMP/telnet.sh",nofork
	listening "$1" 23
}

typed() { # LINE...: what a person types, slowly, for log-ins take their time
	local line
	for line in "$@"; do sleep 4; printf '%s\n' "$line"; done
	sleep 3
}

case ${1:-ftp} in
ftp)
	router; host intruder 203.0.113.66; host files 10.20.2.21
	ftp_server files deploy 'Summer2026!'
	{ words 32; echo 'Summer2026!'; } >"$TMP/words"
	tap files ftp-brute.pcap
	guess intruder -l deploy -P "$TMP/words" ftp://10.20.2.21
	grep -q 'password: Summer2026!' "$TMP/hydra" || refuse "hydra did not find the password: $(tail -2 "$TMP/hydra")"
	save ftp-brute.pcap
	;;
ftp-honest)
	router; host client 10.20.1.15; host files 10.20.2.21
	ftp_server files deploy 'Summer2026!'
	head -c 30000 /dev/urandom >"$TMP/home-files/deploy/report.pdf"
	tap files ftp-honest.pcap
	fetch() { in_ client curl -sS -m 20 -o "$TMP/o" "$@" 2>>"$TMP/o.err" || true; }
	fetch -u 'deploy:Sumer2026!' ftp://10.20.2.21/
	sleep 2
	fetch -u 'deploy:summer2026!' ftp://10.20.2.21/
	sleep 2
	fetch -u 'deploy:Summer2026!' ftp://10.20.2.21/
	fetch -u 'deploy:Summer2026!' ftp://10.20.2.21/report.pdf
	fetch -u 'deploy:Summer2026!' -T "$TMP/home-files/deploy/report.pdf" ftp://10.20.2.21/copy.pdf
	[ -f "$TMP/home-files/deploy/copy.pdf" ] || refuse "nothing was stored: $(tail -3 "$TMP/o.err")"
	save ftp-honest.pcap
	;;
database)
	router; host intruder 10.20.1.66; host db 10.20.2.54
	database db shop 'kept-to-itself-91'
	words 30 >"$TMP/words"
	tap db database-brute.pcap
	guess intruder -l postgres -P "$TMP/words" postgres://10.20.2.54/shop
	save database-brute.pcap
	;;
database-honest)
	router; host app 10.20.1.30; host db 10.20.2.54
	database db shop 'kept-to-itself-91'
	tap db database-honest.pcap
	query app wrong 10.20.2.54 shop -c 'select 1' || true
	query app 'kept-to-itself-91' 10.20.2.54 shop -c 'create table orders (id serial primary key, what text)'
	for i in $(seq 12); do
		query app 'kept-to-itself-91' 10.20.2.54 shop -c "insert into orders (what) values ('order $i')" -c 'select count(*) from orders'
		sleep 0.4
	done
	save database-honest.pcap
	;;
mysql)
	router; host intruder 10.20.1.66; host db 10.20.2.33
	mysql_server db shop 'kept-to-itself-91'
	words 30 >"$TMP/words"
	tap db mysql-brute.pcap
	guess intruder -l shop -P "$TMP/words" mysql://10.20.2.33
	save mysql-brute.pcap
	;;
mysql-honest)
	router; host app 10.20.1.30; host db 10.20.2.33
	mysql_server db shop 'kept-to-itself-91'
	tap db mysql-honest.pcap
	ask() { in_ app mariadb --no-defaults --skip-ssl -h 10.20.2.33 -u shop "-p$1" shop -e "$2" >"$TMP/o" 2>&1; }
	ask wrong 'select 1' || true
	for i in $(seq 12); do
		ask kept-to-itself-91 "insert into orders (what) values ('order $i'); select count(*) from orders; select what from orders limit 5"
		sleep 0.4
	done
	save mysql-honest.pcap
	;;
telnet)
	router; host intruder 203.0.113.66; host camera 10.20.2.23
	telnet_server camera admin 'kept-to-itself-91'
	tap camera telnet-brute.pcap
	for n in 1 2 3 4; do # hydra waits a minute for each answer of telnetd, so this is done as worms do it
		typed admin "guess$n" admin "admin$n" root "root$n" support "12345$n" | in_ intruder telnet 10.20.2.23 >"$TMP/o" 2>&1 || true &
		typing+=($!)
	done
	wait "${typing[@]}" || true
	save telnet-brute.pcap
	;;
telnet-honest)
	router; host client 10.20.1.15; host camera 10.20.2.23
	telnet_server camera admin 'kept-to-itself-91'
	tap camera telnet-honest.pcap
	typed admin kept-to-itself-19 admin kept-to-itself-91 'uname -s' 'ls /' exit | in_ client telnet 10.20.2.23 >"$TMP/o" 2>&1 || true
	save telnet-honest.pcap
	;;
*) refuse "unknown scene: $1" ;;
esac
