package host

import (
	"bufio"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

var update = flag.Bool("update", false, "write the golden file anew")

func boots() Boot {
	return Boot{
		Fleet: deploy.Fleet{
			Table: "mirrorwatch-main", Records: "mirrorwatch-main-records", Deployment: "main", Hook: "mirrorwatch-main-end", Group: "mirrorwatch-main-sensors",
		},
		Region: "eu-central-1", URL: "s3://assets-123456789012-eu-central-1/0f1e2d.bin", SHA256: strings.Repeat("ab", 32),
	}
}

// TestGolden: what an instance runs as root is read by people before it changes. -update writes it.
func TestGolden(t *testing.T) {
	got, err := UserData(boots())
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/userdata.sh"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != got {
		t.Errorf("%v: the user data changed; look at the difference with: go test ./infra/host -run Golden -update && git diff", err)
	}
	if out, err := exec.Command("bash", "-n", golden).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if left := regexp.MustCompile(`@[A-Z0-9]+@`).FindString(got); left != "" {
		t.Errorf("%s was not filled in", left)
	}
}

// TestHostileValues: nothing that a shell or systemd could read as something else comes through.
func TestHostileValues(t *testing.T) {
	for _, bad := range []string{"a'b", `a"b`, "a$(reboot)", "a`reboot`", "a\nMIRRORWATCH-END\nreboot", "a b", "a;b", "a\\", "a$HOME", "a%h", "${Token[a'b]}", "${Token[a]", "a\x00", "ä"} {
		for name, set := range map[string]func(*Boot){
			deploy.Table: func(b *Boot) { b.Fleet.Table = bad }, deploy.Records: func(b *Boot) { b.Fleet.Records = bad }, deploy.Hook: func(b *Boot) { b.Fleet.Hook = bad },
			"Region": func(b *Boot) { b.Region = bad }, "URL": func(b *Boot) { b.URL = "s3://bucket/" + bad }, "SHA256": func(b *Boot) { b.SHA256 = bad },
		} {
			b := boots()
			set(&b)
			if script, err := UserData(b); err == nil || script != "" || !strings.Contains(err.Error(), name+" is ") {
				t.Errorf("%s %q: %v", name, bad, err)
			}
		}
	}
	for what, set := range map[string]func(*Boot){
		"MIRRORWATCH_TABLE is missing": func(b *Boot) { b.Fleet.Table = "" }, "both are needed": func(b *Boot) { b.Fleet.Group = "" },
		"SHA256 is": func(b *Boot) { b.SHA256 = "" }, "URL is": func(b *Boot) { b.URL = "https://bucket/key" },
		"and EC2 takes 16384": func(b *Boot) { b.Fleet.Records = strings.Repeat("x", MostBoot) },
	} {
		b := boots()
		set(&b)
		if _, err := UserData(b); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %q: %v", what, err)
		}
	}
}

// TestTokens: values that only CloudFormation knows stay as they are.
func TestTokens(t *testing.T) {
	b := boots()
	b.Region, b.URL, b.Fleet.Table = "${Token[AWS.Region.12]}", "s3://cdk-assets-${Token[AWS.AccountId.3]}-${Token[AWS.Region.12]}/0f1e.bin", "${Token[TOKEN.77]}"
	script, err := UserData(b)
	if err != nil || !strings.Contains(script, "url='"+b.URL+"'\n") || !strings.Contains(script, "\nMIRRORWATCH_TABLE=${Token[TOKEN.77]}\n") {
		t.Errorf("%v\n%s", err, script)
	}
}

// machine is a folder that stands for an instance, with commands that note how they were called. Its bucket has one program.
type machine struct{ root, bin, calls string }

func newMachine(t *testing.T, program string) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{root: filepath.Join(dir, "root"), bin: filepath.Join(dir, "bin"), calls: filepath.Join(dir, "calls")}
	if err := os.MkdirAll(m.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(dir, "object")
	for name, text := range map[string]string{
		filepath.Join(m.bin, "aws"):       "#!/bin/bash\necho aws \"$@\" >>" + m.calls + "\ncp " + object + " \"${@: -1}\"\n",
		filepath.Join(m.bin, "systemctl"): "#!/bin/bash\necho systemctl \"$@\" >>" + m.calls + "\n",
		filepath.Join(m.bin, "sysctl"):    "#!/bin/bash\necho sysctl \"$@\" >>" + m.calls + "\n",
		object:                            program,
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// run runs a script as cloud-init does, or a piece of shell after the script was read.
func (m *machine) run(t *testing.T, script, piece string) (out string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "user-data")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	if piece != "" {
		cmd = exec.Command("bash", "-c", "source "+path+"; "+piece)
	}
	cmd.Env = []string{"PATH=" + m.bin + ":/usr/bin:/bin", "MIRRORWATCH_ROOT=" + m.root, "MIRRORWATCH_PAUSE=0"}
	b, err := cmd.CombinedOutput()
	return string(b), err
}

func (m *machine) called(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(m.calls)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func sum(program string) string {
	h := sha256.Sum256([]byte(program))
	return hex.EncodeToString(h[:])
}

// TestBoot runs the whole script on a folder: the environment is what the sensor reads, and nobody else may read it; the program is the one
// that was meant; and the sensor is started last.
func TestBoot(t *testing.T) {
	const program = "#!/bin/true\n"
	m, b := newMachine(t, program), boots()
	b.SHA256 = sum(program)
	script, err := UserData(b)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := m.run(t, script, ""); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	env := m.environment(t)
	if got, err := deploy.FleetFromEnv(func(name string) string { return env[name] }); err != nil || got != b.Fleet || env["AWS_REGION"] != b.Region {
		t.Errorf("%v: %+v", err, got)
	}
	if n, err := strconv.ParseUint(env["GOMEMLIMIT"], 10, 64); err != nil || n < 1<<30 || len(env) != 7 {
		t.Errorf("environment %v", env)
	}
	for name, want := range map[string]struct {
		mode os.FileMode
		text string
	}{
		"etc/mirrorwatch/environment": {0o600, ""}, "usr/local/bin/mirrorwatch": {0o755, program},
		"etc/sysctl.d/90-mirrorwatch.conf":              {0o644, bare(sysctl) + "\n"},
		"etc/systemd/system/mirrorwatch-sensor.service": {0o644, bare(unit) + "\n"},
	} {
		text, err := os.ReadFile(filepath.Join(m.root, name))
		info, serr := os.Stat(filepath.Join(m.root, name))
		if err != nil || serr != nil || info.Mode().Perm() != want.mode || want.text != "" && string(text) != want.text {
			t.Errorf("%s: %v %v: %q", name, err, info, text)
		}
	}
	part := strings.Fields(m.called(t))
	want := fmt.Sprintf("sysctl --quiet --load=%[1]s/etc/sysctl.d/90-mirrorwatch.conf\naws s3 cp --region eu-central-1 --only-show-errors %[2]s %[3]s\nsystemctl daemon-reload\nsystemctl enable --now %[4]s\n",
		m.root, b.URL, part[10], UnitName)
	if got := m.called(t); got != want {
		t.Errorf("called\n%swant\n%s", got, want)
	}
}

func (m *machine) environment(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, "etc/mirrorwatch/environment"))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			t.Errorf("line %q", line)
		}
		env[name] = value
	}
	return env
}

// TestBootOfAnotherProgram: what is not the expected program is not put in place, and nothing is started.
func TestBootOfAnotherProgram(t *testing.T) {
	m, b := newMachine(t, "something else"), boots()
	script, err := UserData(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.run(t, script, "")
	if err == nil || strings.Count(out, "gave nothing with the SHA-256") != 6 {
		t.Errorf("%v: %s", err, out)
	}
	left, _ := os.ReadDir(filepath.Join(m.root, "usr/local/bin"))
	if calls := m.called(t); strings.Contains(calls, "systemctl") || len(left) != 0 {
		t.Errorf("called\n%sleft %v", calls, left)
	}
}

// TestMemoryLimit: half of what the machine has, and never less than the program takes by itself.
func TestMemoryLimit(t *testing.T) {
	script, err := UserData(boots())
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "")
	for kib, want := range map[string]string{"MemTotal: 4000000 kB": "2048000000", "MemTotal: 65000000 kB": "33280000000", "MemTotal: 900000 kB": "1073741824", "MemFree: 1 kB": ""} {
		file := filepath.Join(t.TempDir(), "meminfo")
		if err := os.WriteFile(file, []byte(kib+"\nSwapTotal: 0 kB\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := m.run(t, script, "memory_limit "+file); strings.TrimSpace(out) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", kib, out, err, want)
		}
	}
}

// TestUnit has systemd read the unit, and judge how little it may do.
func TestUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: no systemd-analyze here; nobody has checked the unit")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "mirrorwatch")
	if err := os.WriteFile(program, []byte("#!/bin/true\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, UnitName)
	for _, text := range []string{unit, bare(unit)} {
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "/usr/local/bin/mirrorwatch", program)), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("systemd-analyze", "verify", "--man=no", path).CombinedOutput(); err != nil || len(strings.TrimSpace(string(out))) != 0 {
			t.Errorf("%v: %s", err, out)
		}
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", path).CombinedOutput() // of 100; 0 is nothing at all
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Log(lines[len(lines)-1])
}

// TestFilesAgree holds unit and image to the ports and names of this package, and to each other.
func TestFilesAgree(t *testing.T) {
	flags := fmt.Sprintf("sensor --listen :%d --side :%d", PacketPort, SidePort)
	if !strings.Contains(unit, "\nExecStart=/usr/local/bin/mirrorwatch "+flags+"\n") {
		t.Errorf("the unit does not run %q", flags)
	}
	var words []string
	for _, w := range strings.Fields("/" + Program + " " + flags) {
		words = append(words, strconv.Quote(w))
	}
	if entry := "\nENTRYPOINT [" + strings.Join(words, ", ") + "]\n"; !strings.Contains(dockerfile, entry) {
		t.Errorf("the image does not start with %s", entry)
	}
	if !strings.Contains(dockerfile, fmt.Sprintf("\nEXPOSE %d/udp %d/tcp\n", PacketPort, SidePort)) {
		t.Error("the image exposes other ports")
	}
}

// TestImage: what the Dockerfile copies from its folder is all there, and the program runs on nothing but a kernel.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program := filepath.Join(t.TempDir(), "built")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "github.com/mirrorwatch/mirrorwatch/cmd/mirrorwatch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	folder := filepath.Join(t.TempDir(), "image")
	if err := WriteImage(folder, program); err != nil {
		t.Fatal(err)
	}
	copied := 0
	for scan := bufio.NewScanner(strings.NewReader(dockerfile)); scan.Scan(); {
		f := strings.Fields(scan.Text())
		if len(f) < 3 || f[0] != "COPY" || strings.HasPrefix(f[1], "--from=") {
			continue
		}
		for _, name := range f[1 : len(f)-1] {
			copied++
			info, err := os.Stat(filepath.Join(folder, name))
			if err != nil || info.Mode().Perm()&0o111 == 0 {
				t.Errorf("COPY %s: %v %v", name, err, info)
			}
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || copied != 1 || len(files) != copied+1 { // and the Dockerfile
		t.Errorf("%v: %d copied of %v", err, copied, files)
	}
	e, err := elf.Open(filepath.Join(folder, Program))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if libraries, err := e.ImportedLibraries(); err != nil || len(libraries) != 0 || e.Section(".interp") != nil {
		t.Errorf("%v: the program needs %v, and scratch has nothing", err, libraries)
	}
	if err := WriteImage(folder, filepath.Join(folder, "nowhere")); err == nil {
		t.Error("an image of no program")
	}
}
