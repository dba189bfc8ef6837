package sunrpc

import "strconv"

// programName names a program: those of RFC 1833, RFC 1813 and RFC 5531 section 13, and a few that are often asked for.
func programName(program uint32) string {
	switch program {
	case portmap:
		return "portmap"
	case nfs:
		return "nfs"
	case mount:
		return "mount"
	case nlm:
		return "nlm"
	case status:
		return "status"
	case 100001:
		return "rstat"
	case 100002:
		return "rusers"
	case 100004:
		return "ypserv"
	case 100007:
		return "ypbind"
	case 100009:
		return "yppasswd"
	case 100068:
		return "cmsd"
	case 100083:
		return "ttdbserver"
	case 100227:
		return "nfs_acl"
	case 100232:
		return "sadmind"
	}
	return "unknown-" + strconv.FormatUint(uint64(program), 10)
}

// procedureName names a procedure. The port mapper's differ by its version: 2 is Sun's, 3 and 4 are those of RPCBIND.
func procedureName(program, version, procedure uint32) string {
	var names []string
	switch {
	case program == portmap && version <= 2:
		names = []string{"NULL", "SET", "UNSET", "GETPORT", "DUMP", "CALLIT"}
	case program == portmap:
		names = []string{"NULL", "SET", "UNSET", "GETADDR", "DUMP", "BCAST", "GETTIME", "UADDR2TADDR", "TADDR2UADDR", "GETVERSADDR", "INDIRECT", "GETADDRLIST", "GETSTAT"}
	case program == mount:
		names = []string{"NULL", "MNT", "DUMP", "UMNT", "UMNTALL", "EXPORT"}
	case program == nlm:
		names = []string{
			"NULL", "TEST", "LOCK", "CANCEL", "UNLOCK", "GRANTED", "TEST_MSG", "LOCK_MSG", "CANCEL_MSG", "UNLOCK_MSG", "GRANTED_MSG", "TEST_RES", "LOCK_RES",
			"CANCEL_RES", "UNLOCK_RES", "GRANTED_RES", "16", "17", "18", "19", "SHARE", "UNSHARE", "NM_LOCK", "FREE_ALL",
		}
	case program == status:
		names = []string{"NULL", "STAT", "MON", "UNMON", "UNMON_ALL", "SIMU_CRASH", "NOTIFY"}
	}
	if int(procedure) < len(names) {
		return names[procedure]
	}
	if procedure == 0 {
		return "NULL"
	}
	return "unknown-" + strconv.FormatUint(uint64(procedure), 10)
}
