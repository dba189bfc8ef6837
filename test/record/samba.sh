# Sourced by the scenarios with a file server: Samba with a share, administrative shares, and files of its own in the scenario's folder.

samba() { # HOST USER PASSWORD: USER may use the share work; Administrator, with the same password, ADMIN$ and C$ and the services, too
	local h=$1 d=$TMP/samba u
	accounts "$@"
	mkdir -p "$d"/{private,lock,state,cache,pid,rpc,work,admin} && chmod 700 "$d/private" && chmod 777 "$d/work" "$d/admin"
	cat >"$TMP/smb.conf" <<-CONF
		[global]
		workgroup = WORKGROUP
		netbios name = FILES
		server role = standalone server
		private dir = $d/private
		lock directory = $d/lock
		state directory = $d/state
		cache directory = $d/cache
		pid directory = $d/pid
		ncalrpc dir = $d/rpc
		log file = $d/log
		smb ports = 445
		disable netbios = yes
		load printers = no
		printing = bsd
		printcap name = /dev/null
		server max protocol = ${SMB_MAX:-SMB3}
		map to guest = never
		username map = $d/map
		[ADMIN\$]
		path = $d/admin
		valid users = root
		read only = no
		[C\$]
		path = $d/admin
		valid users = root
		read only = no
		[work]
		path = $d/work
		read only = no
	CONF
	echo 'root = Administrator' >"$d/map"
	for u in "$2" root; do
		printf '%s\n%s\n' "$3" "$3" | in_ "$h" smbpasswd -c "$TMP/smb.conf" -s -a $u >"$TMP/o" 2>&1 || refuse "smbpasswd: $(tail -1 "$TMP/o")"
	done
	printf 'hosts: files\npasswd: files\ngroup: files\n' | etc "$h" nsswitch.conf
	background "$h" setsid smbd -F --no-process-group -s "$TMP/smb.conf" # when it ends it ends its whole process group
	listening "$h" 445
}
