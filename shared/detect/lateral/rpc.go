package lateral

import (
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// rpcInterface is one of the interfaces by which Windows is administered from afar.
type rpcInterface uint8

// The interfaces that detectors of this package look at.
const (
	otherInterface rpcInterface = iota
	serviceControl              // [MS-SCMR]
	wmiLogin                    // [MS-WMI] 3.1.4.1, IWbemLevel1Login
	wmiServices                 // [MS-WMI] 3.1.4.3, IWbemServices
	taskScheduler               // [MS-TSCH] 3.2.5.4, ITaskSchedulerService
	jobScheduler                // [MS-TSCH] 3.2.5.2, ATSvc
	activator                   // [MS-DCOM] 3.1.2.5.2.3, IRemoteSCMActivator
	oldActivator                // [MS-DCOM] 3.1.2.5.2.3.1, IActivation
	classFactory                // IClassFactory of COM
	automation                  // [MS-OAUT] 3.1.4, IDispatch
	replication                 // [MS-DRSR]
	securityPolicy              // [MS-LSAD]
	backupKeys                  // [MS-BKRP]
	oldEventLog                 // [MS-EVEN]
	eventLog                    // [MS-EVEN6]
	netlogon                    // [MS-NRPC]
	registry                    // [MS-RRP]
)

// interfaceOf says which interface a call is made to: by its UUID, or by its name where the bind was before the capture began.
func interfaceOf(r *events.DCERPC) rpcInterface {
	if r.UUID != "" {
		return interfaceByID(r.UUID)
	}
	return interfaceByName(r.Endpoint)
}

func interfaceByID(uuid string) rpcInterface {
	switch uuid {
	case "367abb81-9844-35f1-ad32-98f038001003":
		return serviceControl
	case "f309ad18-d86a-11d0-a075-00c04fb68820":
		return wmiLogin
	case "9556dc99-828c-11cf-a37e-00aa003240c7":
		return wmiServices
	case "86d35949-83c9-4044-b424-db363231fd0c":
		return taskScheduler
	case "1ff70682-0a51-30e8-076d-740be8cee98b":
		return jobScheduler
	case "000001a0-0000-0000-c000-000000000046":
		return activator
	case "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57":
		return oldActivator
	case "00000001-0000-0000-c000-000000000046":
		return classFactory
	case "00020400-0000-0000-c000-000000000046":
		return automation
	case "e3514235-4b06-11d1-ab04-00c04fc2dcd2":
		return replication
	case "12345778-1234-abcd-ef00-0123456789ab":
		return securityPolicy
	case "3dde7c30-165d-11d1-ab8f-00805f14db40":
		return backupKeys
	case "82273fdc-e32a-18c3-3f78-827929dc23ea":
		return oldEventLog
	case "f6beaff7-1e19-4fbb-9f8f-b89e2018337c":
		return eventLog
	case "12345678-1234-abcd-ef00-01234567cffb":
		return netlogon
	case "338cd001-2244-31f1-aaaa-900038001003":
		return registry
	}
	return otherInterface
}

func interfaceByName(name string) rpcInterface {
	switch name {
	case "svcctl":
		return serviceControl
	case "IWbemLevel1Login":
		return wmiLogin
	case "IWbemServices":
		return wmiServices
	case "ITaskSchedulerService":
		return taskScheduler
	case "atsvc":
		return jobScheduler
	case "ISystemActivator", "IRemoteSCMActivator":
		return activator
	case "IActivation":
		return oldActivator
	case "IClassFactory":
		return classFactory
	case "IDispatch":
		return automation
	case "drsuapi":
		return replication
	case "lsarpc":
		return securityPolicy
	case "BackupKey":
		return backupKeys
	case "eventlog":
		return oldEventLog
	case "IEventService":
		return eventLog
	case "netlogon":
		return netlogon
	case "winreg":
		return registry
	}
	return otherInterface
}

// accessDenied are the ways in which a call is refused: the fault of the runtime, [C706] and Windows, and the errors of the service.
const (
	faultAccessDenied = 0x5
	faultUnknownIf    = 0x1c010003
	errorAccessDenied = 5
	hresultDenied     = 0x80070005
	statusDenied      = 0xc0000022
)

// rpcRefused says that the answer shows that the caller was not allowed to do it.
func rpcRefused(r *events.DCERPC) bool {
	if r.Fault != 0 {
		return true
	}
	if r.Status == nil {
		return false
	}
	switch uint32(*r.Status) {
	case errorAccessDenied, hresultDenied, statusDenied:
		return true
	}
	return false
}

// remoteAdminShare names the administrative share of a path "\\host\ADMIN$", or is "": ADMIN$, and the root of a drive.
func remoteAdminShare(path string) string {
	name := path[strings.LastIndexByte(path, '\\')+1:]
	switch {
	case len(name) == 6 && sameLetters(name, "admin$"):
		return name
	case len(name) == 2 && name[1] == '$' && (name[0]|0x20) >= 'a' && (name[0]|0x20) <= 'z':
		return name
	}
	return ""
}

// programWritten says whether a record tells of a program that was put on an administrative share: by what was written, or by its name.
func programWritten(r *events.SMBFiles) bool {
	if r.Status != 0 || remoteAdminShare(r.Path) == "" {
		return false
	}
	return r.Action == "SMB::FILE_WRITE" && (r.Program == "pe" || r.Program == "script" || runsByName(r.Name))
}

// runsByName says whether a file's name ends as those of programs and of scripts do.
func runsByName(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || len(name)-dot > 5 {
		return false
	}
	for _, end := range [...]string{".exe", ".dll", ".sys", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".hta", ".scr", ".msi", ".xll", ".sct"} {
		if len(name)-dot == len(end) && sameLetters(name[dot:], end) {
			return true
		}
	}
	return false
}

// outputWithin is how soon what a command wrote is fetched by whoever had it run.
const outputWithin = time.Minute

// outputFetched says whether a record tells of a file that is no program being read from an administrative share.
func outputFetched(r *events.SMBFiles) bool {
	return r.Status == 0 && r.Read > 0 && r.Action == "SMB::FILE_READ" && remoteAdminShare(r.Path) != "" && !runsByName(r.Name)
}

// standardPipe says whether a record tells of a named pipe being opened that carries what a program reads and writes: tools that run programs
// from afar make three of them, whatever they call the rest.
func standardPipe(r *events.SMBFiles) bool {
	return r.Status == 0 && r.Action == "SMB::PIPE_OPEN" && (holds(r.Name, "stdin") || holds(r.Name, "stdout") || holds(r.Name, "stderr"))
}
