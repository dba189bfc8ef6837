package msrpc

import "strings"

// inferred are operations that are known by what they say, where the binding was before the capture began: for a mirror session just attached
// that is the normal case, and a client may keep a pipe for hours. Each is certain: no other interface has this number and such texts.
var inferred = []struct {
	opnum uint16
	uuid  string
	says  func(args string) bool
}{
	{43, "12345778-1234-abcd-ef00-0123456789ab", secretName},
	{42, "12345778-1234-abcd-ef00-0123456789ab", secretName},
	{12, "367abb81-9844-35f1-ad32-98f038001003", startsProgram},
	{11, "367abb81-9844-35f1-ad32-98f038001003", startsProgram},
	{89, "12345678-1234-abcd-ef00-0123456789ab", func(args string) bool { return strings.Contains(lower(args), ".dll") }},
	{1, taskUUID, func(args string) bool { return strings.Contains(args, "<Task") || strings.Contains(args, "<?xml") }},
	{6, "f309ad18-d86a-11d0-a075-00c04fb68820", func(args string) bool {
		return strings.Contains(lower(args), "/root/") || strings.Contains(lower(args), `\root\`)
	}},
	{24, "9556dc99-828c-11cf-a37e-00aa003240c7", func(args string) bool {
		return strings.HasPrefix(args, "Win32_") || strings.HasPrefix(args, "StdRegProv ")
	}},
	{0, efsUUID, remoteFile}, {4, efsUUID, remoteFile}, {5, efsUUID, remoteFile}, {7, efsUUID, remoteFile}, {8, efsUUID, remoteFile},
	{9, efsUUID, remoteFile}, {12, efsUUID, remoteFile}, {13, efsUUID, remoteFile}, {15, efsUUID, remoteFile}, {16, efsUUID, remoteFile},
}

func lower(s string) string { return strings.ToLower(s) }

// secretName is what the policy's secrets are called: global, local or machine.
func secretName(args string) bool {
	return len(args) > 2 && args[1] == '$' && strings.ContainsRune("GLM", rune(args[0]))
}

// startsProgram says that a service's texts name a program.
func startsProgram(args string) bool {
	a := lower(args)
	return strings.Contains(a, ".exe") || strings.Contains(a, "%comspec%") || strings.Contains(a, "%systemroot%")
}

// remoteFile is a file on a server's share: \\server\share\file.
func remoteFile(args string) bool {
	return strings.HasPrefix(args, `\\`) && strings.Count(args, `\`) >= 4
}

// infer gives a call an interface by what it says. A pipe's own interface stays, but for the pipe of lsarpc, which two share.
func (c *call) infer() {
	if c.face != nil && c.face.name != "lsarpc" {
		return
	}
	for _, i := range inferred {
		if i.opnum == c.record.Opnum && (c.face == nil || i.uuid == efsUUID) && i.says(c.record.Args) {
			c.guess(faces[i.uuid])
			return
		}
	}
}
