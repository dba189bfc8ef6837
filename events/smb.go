package events

import "unsafe"

// The logs of SMB.
const (
	KindSMBMapping Kind = "smb_mapping"
	KindSMBFiles   Kind = "smb_files"
)

// SMBMapping is a share that a client was let in to, or was refused. Source: Zeek's smb_mapping.log; [MS-SMB2] 2.2.9, [MS-CIFS].
type SMBMapping struct {
	Head
	Path             string `json:"path,omitempty"`               // \\server\share
	Service          string `json:"service,omitempty"`            // as the server calls its kind, SMB1 only
	NativeFileSystem string `json:"native_file_system,omitempty"` // SMB1 only
	ShareType        string `json:"share_type,omitempty"`         // DISK, PIPE or PRINT
	Dialect          string `json:"dialect,omitempty"`            // ours: "NT LM 0.12", "2.1", "3.1.1"
	Status           uint32 `json:"status,omitempty"`             // ours: NTSTATUS where it was refused
	Username         string `json:"username,omitempty"`           // ours: of the session, where its log-in was seen
	Encrypted        bool   `json:"encrypted"`                    // ours: the session's messages are sealed from here on, and nothing more is told
}

// SMBFiles is something done to a file. Source: Zeek's smb_files.log.
type SMBFiles struct {
	Head
	Action   string `json:"action,omitempty"` // SMB::FILE_OPEN, _READ, _WRITE (both at the close), _DELETE, _RENAME; SMB::PIPE_OPEN
	Path     string `json:"path,omitempty"`   // of the share
	Name     string `json:"name,omitempty"`   // of the file below it
	Size     uint64 `json:"size"`             // of the file, as the server said
	PrevName string `json:"prev_name,omitempty"`
	Dialect  string `json:"dialect,omitempty"`  // ours
	Status   uint32 `json:"status,omitempty"`   // ours: NTSTATUS where it was refused
	Bytes    uint64 `json:"bytes,omitempty"`    // ours: what was read or written through this handle, at the close
	Read     uint64 `json:"read,omitempty"`     // ours: of these read
	Program  string `json:"program,omitempty"`  // ours: what the first bytes written or read say it is: "pe", "elf", "script", "zip", "rar", "7z", "cab", "ole", "lnk"; empty for anything else
	Username string `json:"username,omitempty"` // ours: of the session, where its log-in was seen
}

var (
	smbMappingEncoder = encoderFor[SMBMapping]()
	smbFilesEncoder   = encoderFor[SMBFiles]()
)

// Kind is KindSMBMapping.
func (*SMBMapping) Kind() Kind { return KindSMBMapping }

// AppendJSON appends the record as one JSON object.
func (r *SMBMapping) AppendJSON(dst []byte) []byte {
	return smbMappingEncoder.appendTo(dst, unsafe.Pointer(r))
}

// Kind is KindSMBFiles.
func (*SMBFiles) Kind() Kind { return KindSMBFiles }

// AppendJSON appends the record as one JSON object.
func (r *SMBFiles) AppendJSON(dst []byte) []byte {
	return smbFilesEncoder.appendTo(dst, unsafe.Pointer(r))
}
