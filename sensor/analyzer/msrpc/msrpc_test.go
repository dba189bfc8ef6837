package msrpc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	svcctl  = "367abb81-9844-35f1-ad32-98f038001003"
	samr    = "12345778-1234-abcd-ef00-0123456789ac"
	strange = "11223344-5566-7788-99aa-bbccddeeff00"
)

var (
	ntlmSealed = token{service: serviceNTLM, level: levelPrivacy, token: "NTLMSSP\x00\x01\x00\x00\x00"}
	signature  = token{service: serviceNTLM, level: levelPrivacy, pad: 4, token: strings.Repeat("s", 16)}
	signed     = token{service: serviceNTLM, level: 5, pad: 4, token: strings.Repeat("s", 16)}
	plain      = token{}
)

// line says the fields of a record that the tests are about.
func line(r *events.DCERPC) string {
	out := []string{r.NamedPipe, r.Endpoint, r.Operation}
	if r.Args != "" {
		out = append(out, "<"+r.Args+">")
	}
	if r.Status != nil {
		out = append(out, "status", hexOf(*r.Status))
	}
	if r.Fault != 0 {
		out = append(out, "fault", hexOf(int64(r.Fault)))
	}
	if r.Sealed {
		out = append(out, "sealed")
	}
	return strings.Join(append(out, r.AuthType), " ")
}

func hexOf(n int64) string { return strconv.FormatInt(n, 16) }

// In both byte orders, whole and a byte at a time.
func TestCalls(t *testing.T) {
	for name, w := range map[string]wire{"little": le, "big": be} {
		handle := strings.Repeat("h", 20)
		create := handle + w.text("evil") + w.u32(1) + w.text("Evil service") + w.u32(0xf01ff) + w.text(`%COMSPEC% /c calc`)
		secret := w.u32(2) + w.text(`\task`) + w.u32(2) + w.text("<Task/>") + w.text("user") + w.text("password")
		half := len(create) / 2 &^ 3
		for _, tt := range []struct {
			what, pipe string
			in         []sent
			want       string
		}{
			{"a service is created", `\pipe\ntsvcs`, []sent{
				{flow.Orig, w.binds(kindBind, plain, svcctl)}, {flow.Resp, w.bindAck(`\pipe\ntsvcs`, plain)},
				{flow.Orig, w.ask(2, 0, 12, create, plain)}, {flow.Resp, w.answer(2, handle+w.u32(0x431), plain)},
			}, `\\pipe\\ntsvcs svcctl CreateServiceW <evil Evil service %COMSPEC% /c calc> status 431 `},
			{"in two fragments", "", []sent{
				{flow.Orig, w.binds(kindBind, plain, svcctl)}, {flow.Resp, w.bindAck(`135`, plain)},
				{flow.Orig, w.askPart(flagFirst, 2, 0, 12, create[:half], plain) + w.askPart(flagLast, 2, 0, 12, create[half:], plain)},
				{flow.Resp, w.answer(2, handle+w.u32(0), plain)},
			}, `135 svcctl CreateServiceW <evil Evil service %COMSPEC% /c calc> status 0 `},
			{"binding before the capture", `\PIPE\svcctl`, []sent{{flow.Orig, w.ask(9, 3, 15, w.text("SERVER"), plain)}}, `\\PIPE\\svcctl svcctl OpenSCManagerW <SERVER> `},
			{"and a pipe that several share", `\pipe\lsass`, []sent{{flow.Orig, w.ask(9, 3, 15, w.text("SERVER"), plain)}}, `\\pipe\\lsass   <SERVER> `},
			{"an interface without a name", "", []sent{{flow.Orig, w.binds(kindBind, plain, strange) + w.ask(2, 0, 7, "", plain)}}, ` unknown-` + strange + ` unknown-7 `},
			{"an operation without a name", "", []sent{{flow.Orig, w.binds(kindBind, plain, samr) + w.ask(2, 0, 700, "", plain)}}, ` samr unknown-700 `},
			{"context altered", "", []sent{
				{flow.Orig, w.binds(kindBind, plain, svcctl) + w.binds(kindAlterContext, plain, svcctl, samr) + w.ask(2, 1, 6, "", plain)},
			}, ` samr SamrEnumerateDomainsInSamServer `},
			{"a fault", "", []sent{{flow.Orig, w.binds(kindBind, plain, samr) + w.ask(2, 0, 1, "", plain)}, {flow.Resp, w.faulty(2, 5)}}, ` samr SamrCloseHandle fault 5 `},
			{"sealed by NTLM", "", []sent{
				{flow.Orig, w.binds(kindBind, ntlmSealed, samr) + w.ask(2, 0, 64, w.text("hidden"), signature)}, {flow.Resp, w.answer(2, "xxxx", signature)},
			}, ` samr SamrConnect5 sealed ntlm`},
			{"signed is not sealed", "", []sent{
				{flow.Orig, w.binds(kindBind, ntlmSealed, samr) + w.ask(2, 0, 64, w.text("seen"), signed)}, {flow.Resp, w.answer(2, w.u32(0), signed)},
			}, ` samr SamrConnect5 <seen> status 0 ntlm`},
			{"what may be a password is left out", "", []sent{{flow.Orig, w.binds(kindBind, plain, taskUUID) + w.ask(2, 0, 1, secret, plain)}}, ` ITaskSchedulerService SchRpcRegisterTask <\task <Task/>> `},
			{"an answer without its request", "", []sent{{flow.Resp, w.answer(2, "xxxx", plain)}}, ""},
			{"no fragments", "", []sent{{flow.Orig, "GET / HTTP/1.1\r\n\r\n"}}, ""},
			{"the newer of two that share a pipe", `atsvc`, []sent{{flow.Orig, w.ask(2, 0, 1, "secret", signature)}}, `atsvc ITaskSchedulerService SchRpcRegisterTask sealed ntlm`},
			{"the older", `atsvc`, []sent{{flow.Orig, w.ask(2, 0, 0, w.text("calc"), plain)}}, `atsvc atsvc NetrJobAdd <calc> `},
			{"a path to a server on lsarpc", `lsarpc`, []sent{{flow.Orig, w.ask(2, 0, 0, w.text(`\\10.0.0.9\x\y`), plain)}}, `lsarpc efsrpc EfsRpcOpenFileRaw <\\10.0.0.9\x\y> `},
			{"a service on a pipe that is not known", "", []sent{{flow.Orig, w.ask(2, 0, 12, create, plain)}}, ` svcctl CreateServiceW <evil Evil service %COMSPEC% /c calc> `},
			{"a secret", "", []sent{{flow.Orig, w.ask(2, 0, 43, handle+w.text("G$BCKUPKEY_P"), plain)}}, ` lsarpc LsarRetrievePrivateData <G$BCKUPKEY_P> `},
			{"a number alone says nothing", "", []sent{{flow.Orig, w.ask(2, 0, 43, handle+w.text("BCKUPKEY_P"), plain)}}, `   <BCKUPKEY_P> `},
			{"and none", `lsarpc`, []sent{{flow.Orig, w.ask(2, 0, 0, handle, plain)}}, `lsarpc lsarpc LsarClose `},
		} {
			for _, step := range []int{1 << 20, 1} {
				records, _ := read(t, tt.pipe, step, tt.in...)
				var got []string
				for _, r := range records {
					got = append(got, line(r))
				}
				if g := strings.Join(got, "\n"); g != tt.want {
					t.Errorf("%s endian, %s, %d at a time: got %q, want %q", name, tt.what, step, g, tt.want)
				}
			}
		}
	}
}

func TestNullCredential(t *testing.T) {
	challenge := func(last string) string {
		return le.u32(1) + le.text(`\\DC`) + strings.TrimSuffix(le.text("DC"), "\x00\x00") + last
	}
	login := func(last string) string {
		return le.u32(1) + le.text(`\\DC`) + le.text("DC$") + le.u16(6) + "\x00\x00" + strings.TrimSuffix(le.text("DC"), "\x00\x00") + last + "\x00\x00" + le.u32(0x212fffff)
	}
	zeros := strings.Repeat("\x00", 8)
	for _, tt := range []struct {
		what  string
		opnum int
		stub  string
		want  bool
	}{
		{"challenge of zeros", 4, challenge(zeros), true},
		{"challenge", 4, challenge("\x01\x02\x03\x04\x05\x06\x07\x08"), false},
		{"cut short", 4, challenge("\x00"), false},
		{"credential of zeros", 26, login(zeros), true},
		{"of another byte", 15, login(strings.Repeat("\x41", 8)), true},
		{"credential", 26, login("\x01\x02\x03\x04\x05\x06\x07\x08"), false},
		{"no server's name", 26, le.u32(0) + login(zeros)[4+len(le.text(`\\DC`)):], true},
		{"another operation", 27, login(zeros), false},
		{"not what it should be", 26, strings.Repeat("\xff", 60), false},
	} {
		records, _ := read(t, "netlogon", 1<<20, sent{flow.Orig, le.ask(1, 0, tt.opnum, tt.stub, plain)})
		if got := records[0].NullCreds; got != tt.want {
			t.Errorf("%s: got %v", tt.what, got)
		}
	}
}

// A gap costs the fragment that it tears, and no more.
func TestGap(t *testing.T) {
	var got []string
	conv := &analyzer.Conversation{Emit: func(r events.Record) { got = append(got, line(r.(*events.DCERPC))) }}
	a := New(Options{Conversation: conv, Pipe: "samr"})
	lost := le.ask(2, 0, 7, strings.Repeat("x", 100), plain)
	a.Feed(flow.Orig, 1, []byte(le.ask(1, 0, 6, "", plain)+lost[:50]))
	a.Gap(flow.Orig)
	a.Feed(flow.Orig, 2, []byte(lost[80:]))
	a.Feed(flow.Orig, 3, []byte(le.ask(3, 0, 34, "", plain)))
	a.Feed(flow.Resp, 4, []byte(le.answer(1, le.u32(0), plain)))
	a.Close()
	want := "samr samr SamrEnumerateDomainsInSamServer status 0 ,samr samr SamrOpenUser "
	if g := strings.Join(got, ","); g != want {
		t.Errorf("got %q, want %q", g, want)
	}
}

// Calls that nobody answers leave at the limit, the oldest first.
func TestLimits(t *testing.T) {
	var in []sent
	for i := range maxCalls + 5 {
		in = append(in, sent{flow.Orig, le.ask(i, 0, 1, "", plain)})
	}
	if records, _ := read(t, "samr", 1<<20, in...); len(records) != maxCalls+5 || records[0].TS > records[len(records)-1].TS {
		t.Errorf("%d records, from %d to %d", len(records), records[0].TS, records[len(records)-1].TS)
	}
	a := New(Options{Conversation: &analyzer.Conversation{Emit: func(events.Record) {}}})
	for i := range maxContexts + 5 {
		a.Feed(flow.Orig, 1, []byte(le.frag(kindBind, 3, 1, le.u32(0)+le.u32(0)+"\x01\x00\x00\x00"+le.u16(i)+"\x01\x00"+le.uuid(samr)+le.u32(1), plain)))
	}
	if len(a.contexts) != maxContexts {
		t.Errorf("%d contexts", len(a.contexts))
	}
	for i := range 20 {
		first := byte(0)
		if i == 0 {
			first = flagFirst
		}
		a.Feed(flow.Orig, 1, []byte(le.askPart(first, 5, 0, 0, strings.Repeat("y", 4000), plain)))
	}
	if n := len(a.calls[0].stub); n != maxStub {
		t.Errorf("%d bytes of a request kept", n)
	}
	if r := a.calls[0].record; r.RequestLen != 20*4000 {
		t.Errorf("%d bytes counted", r.RequestLen)
	}
	for i := range 20 {
		for range 5 {
			a.Feed(flow.Orig, 1, []byte(le.askPart(0, 100+i, 0, 0, strings.Repeat("y", 4000), plain)))
		}
	}
	if a.stubs != maxStubs {
		t.Errorf("%d bytes of requests kept, want %d", a.stubs, maxStubs)
	}
	if a.Close(); a.stubs != 0 {
		t.Errorf("%d bytes of requests kept after the end", a.stubs)
	}
}

// Tokens of binding are shown, those of calls are not.
func TestTokens(t *testing.T) {
	var got []string
	a := New(Options{
		Conversation: &analyzer.Conversation{Emit: func(events.Record) {}},
		Token:        func(d flow.Dir, _ events.Time, b []byte) { got = append(got, d.String()+string(b[:7])) },
	})
	a.Feed(flow.Orig, 1, []byte(le.binds(kindBind, ntlmSealed, samr)+le.ask(1, 0, 1, "", signature)))
	a.Feed(flow.Resp, 1, []byte(le.bindAck("135", ntlmSealed)))
	if g := strings.Join(got, " "); g != "origNTLMSSP respNTLMSSP" {
		t.Errorf("got %q", g)
	}
}

func TestProbe(t *testing.T) {
	whole := le.binds(kindBind, plain, samr)
	for _, tt := range []struct {
		what, head string
		want       analyzer.Verdict
	}{
		{"bind", whole, analyzer.Yes},
		{"its header", whole[:16], analyzer.Yes},
		{"answer, high byte first", be.answer(1, "xxxx", plain), analyzer.Yes},
		{"ten bytes", whole[:10], analyzer.Maybe},
		{"SOCKS 5 greeting", "\x05\x01\x00\x05\x01\x00\x03\x09", analyzer.No},
		{"SOCKS 5 request", "\x05\x01\x00\x01\x0a\x00\x00\x01", analyzer.No},
		{"shorter than its kind", le.frag(kindRequest, 3, 1, "xxxx", plain), analyzer.No},
		{"token longer than the fragment", "\x05\x00\x00\x03\x10\x00\x00\x00\x20\x00\x10\x00\x01\x00\x00\x00", analyzer.No},
		{"a kind of datagrams", "\x05\x00\x04\x03", analyzer.No},
		{"version 4", "\x04\x00\x08\x00\x10\x00\x00\x00", analyzer.No},
	} {
		if got := Probe([]byte(tt.head)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.what, got, tt.want)
		}
	}
}

// The tables name what they name once, and every pipe has an interface.
func TestTables(t *testing.T) {
	n := 0
	for _, group := range [][]listed{accounts, control, sharing, objects} {
		n += len(group)
		for _, l := range group {
			if f := faces[l.uuid]; len(l.uuid) != 36 || l.uuid != strings.ToLower(l.uuid) || f == nil || f.name != l.name {
				t.Errorf("%s %s: %v", l.uuid, l.name, f)
			}
		}
	}
	if n != len(faces) {
		t.Errorf("%d lines, %d interfaces", n, len(faces))
	}
	for pipe, f := range pipes {
		if f == nil || pipe != strings.ToLower(pipe) {
			t.Errorf("pipe %q: %v", pipe, f)
		}
	}
	for _, tt := range []struct {
		uuid  string
		opnum uint16
		want  string
	}{
		{svcctl, 54, "ScOpenServiceStatusHandle"},
		{samr, 69, "SamrPerformGenericOperation"},
		{"12345778-1234-abcd-ef00-0123456789ab", 94, "CredrBackupCredentials"},
		{netlogonUUID, 49, "NetrChainSetClientAttributes"},
		{"12345678-1234-abcd-ef00-0123456789ab", 104, "RpcReportJobProcessingProgress"},
		{"76f03f96-cdfd-44fc-a22c-64950a001209", 74, "RpcAsyncLogJobInfoForBranchOffice"},
		{"4b324fc8-1670-01d3-1278-5a47bf6ee188", 57, "NetrShareDelEx"},
		{"6bffd098-a112-3610-9833-46c3f87e345a", 31, "NetrWorkstationResetDfsCache"},
		{"338cd001-2244-31f1-aaaa-900038001003", 35, "BaseRegDeleteKeyEx"},
		{"e3514235-4b06-11d1-ab04-00c04fc2dcd2", 24, "DRSQuerySitesByCost"},
		{"8d9f4e40-a03d-11ce-8f69-08003e30051b", 74, "PNP_DeleteServiceDevices"},
		{"82273fdc-e32a-18c3-3f78-827929dc23ea", 24, "ElfrReportEventAndSourceW"},
		{"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", 28, "EvtRpcGetClassicLogDisplayName"},
		{"9556dc99-828c-11cf-a37e-00aa003240c7", 24, "ExecMethod"},
		{"45f52c28-7f9f-101a-b52b-08002b2efabe", 19, "R_WinsDoScavengingNew"},
		{"4fc742e0-4a10-11cf-8273-00aa004ae673", 22, "NetrDfsSetInfo2"},
		{efsUUID, 22, "EfsRpcQueryProtectors"},
		{efsUUID, 10, "unknown-10"},
	} {
		if got := faces[tt.uuid].operation(tt.opnum); got != tt.want {
			t.Errorf("%s %d: got %s, want %s", tt.uuid, tt.opnum, got, tt.want)
		}
	}
}
