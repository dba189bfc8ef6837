package lateral

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const kerbKDC, aes, rc4 = "10.0.0.2", "aes256-cts-hmac-sha1-96", "rc4-hmac"

// kerbXP is what Windows XP offers.
var kerbXP = []string{rc4, "rc4-hmac-old", "rc4-md4", "des-cbc-md5", "des-cbc-crc", "rc4-hmac-exp", "rc4-hmac-old-exp"}

var kerbOffer = []string{aes, "aes128-cts-hmac-sha1-96", rc4, "rc4-hmac-exp"}

// kerbTicket is a question of a service ticket that was answered.
func kerbTicket(at time.Duration, client, service, cipher string) *events.Kerberos {
	yes := true
	k := &events.Kerberos{RequestType: "TGS", Client: "alice/EXAMPLE.COM", Service: service, Success: &yes, Cipher: cipher, Etypes: kerbOffer, ReplyCipher: aes, TGTCipher: aes}
	k.TS, k.UID, k.OrigH, k.RespH, k.OrigP, k.RespP = start.Add(at), "K"+at.String(), netip.MustParseAddr(client), netip.MustParseAddr(kerbKDC), 50001, 88
	return k
}

// kerbSignIn is a sign-in that worked.
func kerbSignIn(at time.Duration, client, account, cipher string) *events.Kerberos {
	k := kerbTicket(at, client, "krbtgt/EXAMPLE.COM", aes)
	k.RequestType, k.Client, k.TGTCipher, k.Preauth, k.PreauthCipher, k.ReplyCipher = "AS", account+"/EXAMPLE.COM", "", "timestamp", cipher, cipher
	return k
}

// kerbJudge shows records to detectors and gives the findings, the last words among them.
func kerbJudge(d detect.Detector, list ...*events.Kerberos) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range list {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func kerbMany(n int, each func(i int) *events.Kerberos) (list []*events.Kerberos) {
	for i := range n {
		list = append(list, each(i))
	}
	return list
}

func kerbPoints(f detect.Finding) (sum int) {
	for _, t := range f.Terms {
		sum += t.Points
	}
	return sum
}

func sql(i int) string { return fmt.Sprintf("MSSQLSvc/db%d.example.com:1433", i) }

func TestKerberoasting(t *testing.T) {
	second := time.Second
	weak := func(n int) []*events.Kerberos {
		return kerbMany(n, func(i int) *events.Kerberos { return kerbTicket(time.Duration(i)*second, worker, sql(i), rc4) })
	}
	forced := kerbTicket(0, worker, "HTTP/web", rc4)
	forced.Etypes = []string{rc4, aes}
	own := kerbTicket(0, worker, "HTTP/web", rc4)
	own.Etypes, own.TGTCipher = []string{rc4}, rc4
	xp := kerbTicket(0, worker, "HTTP/web", rc4)
	xp.Etypes = kerbXP
	refused := kerbTicket(0, worker, "HTTP/web", "")
	no := false
	refused.Success, refused.ErrorCode = &no, 7
	for _, tt := range []struct {
		what string
		in   []*events.Kerberos
		want []string // services, and points of the terms
	}{
		{"one", weak(1), []string{"1 -35"}},
		{"below", weak(3), []string{"1 -35"}},
		{"at", weak(4), []string{"1 -35", "4 0"}},
		{"once", append(weak(4), weak(4)...), []string{"1 -35", "4 0"}},
		{"weak asked for first, with a strong ticket in hand", []*events.Kerberos{forced, forced}, []string{"1 10"}},
		{"an old client, whose own ticket is weak", []*events.Kerberos{own}, []string{"1 -35"}},
		{"Windows XP", []*events.Kerberos{xp}, []string{"1 -35"}},
		{"a second host at a service that is known for it", append(weak(1), kerbTicket(second, admin, sql(0), rc4)), []string{"1 -35"}},
		{"computers' own services", []*events.Kerberos{kerbTicket(0, worker, "cifs/nas", rc4), kerbTicket(0, worker, "PC-1$", rc4), kerbTicket(0, worker, "pc-1$@EXAMPLE.COM", rc4)}, nil},
		{"strong tickets", kerbMany(19, func(i int) *events.Kerberos { return kerbTicket(time.Duration(i)*second, worker, sql(i), aes) }), nil},
		{"very many strong tickets", kerbMany(25, func(i int) *events.Kerberos { return kerbTicket(time.Duration(i)*second, worker, sql(i), aes) }), []string{"20 0"}},
		{"refused", []*events.Kerberos{refused}, nil},
		{"spread over days", kerbMany(6, func(i int) *events.Kerberos {
			return kerbTicket(time.Duration(i)*25*time.Hour, worker, sql(i%2), rc4)
		}), []string{"1 -35", "1 -35"}},
	} {
		var got []string
		for _, f := range kerbJudge(Kerberoasting.New(), tt.in...) {
			got = append(got, fmt.Sprintf("%v %d", f.Properties["services"], kerbPoints(f)))
			if f.Offenders[0].Addr != netip.MustParseAddr(worker) || f.Victims[0].Addr != netip.MustParseAddr(kerbKDC) {
				t.Errorf("%s: %v, %v", tt.what, f.Offenders, f.Victims)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

// Catches: several hints of one host that become several detections.
func TestKerberoastingIsOneDetection(t *testing.T) {
	found := kerbJudge(Kerberoasting.New(), kerbMany(6, func(i int) *events.Kerberos { return kerbTicket(time.Duration(i)*time.Second, worker, sql(i), rc4) })...)
	for _, f := range found {
		if f.Key != found[0].Key {
			t.Errorf("keys %q and %q", f.Key, found[0].Key)
		}
	}
	d := NewKerberoasting(KerberoastingDefaults())
	kerbJudge(d, kerbMany(9, func(i int) *events.Kerberos { return kerbTicket(time.Duration(i)*time.Second, worker, sql(i%5), rc4) })...)
	if last := d.Close(device.View{}); len(last) != 1 || !last[0].Final || last[0].Properties["services"] != 5 || last[0].Properties["tickets"] != 9 {
		t.Errorf("last words %+v", last)
	}
}

func TestASREPRoasting(t *testing.T) {
	unproved := func(i int, cipher string) *events.Kerberos {
		k := kerbSignIn(time.Duration(i)*time.Second, worker, fmt.Sprint("user", i), cipher)
		k.Preauth, k.PreauthCipher, k.Etypes = "", "", []string{cipher, aes}
		return k
	}
	both := func(i int) *events.Kerberos { k := unproved(i, rc4); k.Etypes = kerbOffer; return k }
	old := unproved(1, rc4)
	old.Cipher = rc4
	blind := unproved(0, rc4)
	blind.Etypes = nil
	smartcard := unproved(0, rc4)
	smartcard.Preauth = "pkinit"
	for _, tt := range []struct {
		what string
		in   []*events.Kerberos
		want []string
	}{
		{"at", []*events.Kerberos{unproved(1, rc4)}, []string{"1 user1/EXAMPLE.COM 0"}},
		{"once", []*events.Kerberos{unproved(1, rc4), unproved(1, rc4), unproved(2, rc4)}, []string{"1 user1/EXAMPLE.COM 0"}},
		{"below: an ordinary client of an account that has only RC4", []*events.Kerberos{both(1), both(2)}, nil},
		{"a realm without pre-authentication", kerbMany(9, func(i int) *events.Kerberos { return unproved(i, aes) }), nil},
		{"ten accounts of one", kerbMany(12, func(i int) *events.Kerberos { return unproved(i, aes) }), []string{"10 user0/EXAMPLE.COM 0"}},
		{"a realm in which all is weak", []*events.Kerberos{old}, []string{"1 user1/EXAMPLE.COM -35"}},
		{"only the answer was seen", []*events.Kerberos{blind}, nil},
		{"with a smart card", []*events.Kerberos{smartcard}, nil},
		{"an ordinary sign-in", []*events.Kerberos{kerbSignIn(0, worker, "alice", rc4)}, nil},
	} {
		var got []string
		for _, f := range kerbJudge(ASREPRoasting.New(), tt.in...) {
			got = append(got, fmt.Sprint(f.Properties["accounts"], " ", f.Properties["names"].([]string)[0], " ", kerbPoints(f)))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestKerberosDowngrade(t *testing.T) {
	weakly := func(at time.Duration, client, account string) *events.Kerberos {
		k := kerbSignIn(at, client, account, rc4)
		k.Etypes = []string{rc4, "rc4-hmac-exp"}
		return k
	}
	xp := weakly(0, worker, "alice")
	xp.Etypes = kerbXP
	golden := kerbTicket(time.Minute, worker, "cifs/dc", aes)
	golden.TGTCipher = rc4
	trust := kerbTicket(time.Minute, worker, "cifs/dc", aes)
	trust.TGTCipher, trust.TGTForeign = rc4, true
	forced := kerbTicket(0, worker, "cifs/dc", rc4)
	forced.Etypes = []string{rc4}
	old := weakly(0, worker, "alice")
	old.Cipher = rc4
	ordinary := kerbSignIn(0, admin, "bob", aes)
	no := false
	asked := kerbSignIn(0, worker, "alice", "")
	asked.Success, asked.ErrorCode, asked.Preauth, asked.Cipher, asked.KDCEtypes = &no, 25, "", "", []string{aes, rc4}
	forgot := kerbSignIn(time.Minute, worker, "alice", rc4)
	forgot.Cipher = rc4
	for _, tt := range []struct {
		what string
		in   []*events.Kerberos
		want []string
	}{
		{"signed in with a hash", []*events.Kerberos{weakly(0, worker, "alice")}, []string{weakSignIn}},
		{"once", []*events.Kerberos{weakly(0, worker, "alice"), weakly(time.Second, worker, "alice")}, []string{weakSignIn}},
		{"below: a domain without AES", []*events.Kerberos{old}, nil},
		{"a host that knows no AES", []*events.Kerberos{weakly(0, worker, "XP-1$"), weakly(time.Second, worker, "alice")}, nil},
		{"Windows XP", []*events.Kerberos{xp}, nil},
		{"an account without AES keys, of an ordinary host", []*events.Kerberos{kerbSignIn(0, worker, "legacy", rc4)}, nil},
		{"RC4 for an account that signs in with AES", []*events.Kerberos{kerbSignIn(0, admin, "legacy", aes), kerbSignIn(time.Second, worker, "legacy", rc4)}, []string{weakSignIn}},
		{"RC4 for an account that has AES keys", []*events.Kerberos{asked, kerbSignIn(time.Second, worker, "alice", rc4)}, []string{weakSignIn}},
		{"a controller that forgot AES", []*events.Kerberos{ordinary, forgot}, []string{weakAnswer}},
		{"forged ticket", []*events.Kerberos{ordinary, golden, golden}, []string{weakTGT}},
		{"a weak ticket where nothing is known", []*events.Kerberos{golden}, nil},
		{"a ticket of a trusted realm", []*events.Kerberos{ordinary, trust}, nil},
		{"weak first", []*events.Kerberos{forced}, []string{weakService}},
		{"ordinary", []*events.Kerberos{ordinary, kerbTicket(0, worker, "cifs/nas", rc4)}, nil},
	} {
		var got []string
		for _, f := range kerbJudge(KerberosDowngrade.New(), tt.in...) {
			got = append(got, f.Properties["what"].(string))
			if !strings.Contains(f.Description, worker) || f.Offenders[0].Addr != netip.MustParseAddr(worker) {
				t.Errorf("%s: %s", tt.what, f.Description)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
