// Package host is what a sensor's machine is made of: the systemd unit, kernel settings and first boot of an instance, and the image for
// Fargate. What comes in are the sensor's environment and where its program lies; what goes out is text. It never holds a secret, never runs
// anything of this, and refuses a value that a shell, systemd or a balancer could read as something else.
package host

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// What a sensor listens on, and how its parts are called. The files beside this have the same, as a test holds.
const (
	PacketPort = 4789                         // UDP: VXLAN
	SidePort   = 9478                         // TCP: health and metrics, for the balancer's check
	UnitName   = "mirrorwatch-sensor.service" //
	Program    = "mirrorwatch"                // name of the program in the folder of the image
	MostBoot   = 16 << 10                     // bytes of user data that EC2 takes
)

//go:embed boot.sh
var boot string

//go:embed mirrorwatch-sensor.service
var unit string

//go:embed 90-mirrorwatch.conf
var sysctl string

//go:embed Dockerfile
var dockerfile string

// Boot is what the first boot of an instance needs to know. Values may hold tokens of CDK, which CloudFormation fills in.
type Boot struct {
	Fleet  deploy.Fleet
	Region string
	URL    string // s3://BUCKET/KEY of the program, as it is: no archive
	SHA256 string // of the program, in hex
}

// token is how CDK writes what only CloudFormation will know. It must not end a quotation, nor a line.
var token = regexp.MustCompile(`\$\{Token\[[A-Za-z0-9_.:-]+\]\}`)

var (
	word   = regexp.MustCompile(`^[A-Za-z0-9_.:/=+,@-]+$`) // nothing that a shell or systemd takes for anything
	digest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	object = regexp.MustCompile(`^s3://[A-Za-z0-9.-]+/[A-Za-z0-9_./-]+$`)
	region = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// UserData is the script of the first boot. What makes no sense is an error that names all of it.
func UserData(b Boot) (string, error) {
	env := b.Fleet.Env()
	_, err := deploy.FleetFromEnv(func(name string) string { return env[name] })
	faults := []error{
		err, check("Region", b.Region, region, "the name of a region"),
		check("URL", b.URL, object, "s3:// and a bucket and a key of letters, digits, '.', '_', '-' and '/'"),
		check("SHA256", b.SHA256, digest, "64 hexadecimal digits in lower case"),
	}
	lines := []string{"AWS_REGION=" + b.Region}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		faults = append(faults, check(name, env[name], word, "letters, digits and '_.:/=+,@-'"))
		lines = append(lines, name+"="+env[name])
	}
	if err := errors.Join(faults...); err != nil {
		return "", fmt.Errorf("make user data: %w", err)
	}
	script := strings.NewReplacer(
		"@URL@", quote(b.URL), "@SUM@", quote(b.SHA256), "@REGION@", quote(b.Region), "@ENVIRONMENT@", strings.Join(lines, "\n"),
		"@SYSCTL@", bare(sysctl), "@UNIT@", bare(unit),
	).Replace(boot)
	if len(script) > MostBoot {
		return "", fmt.Errorf("make user data: %d bytes, and EC2 takes %d", len(script), MostBoot)
	}
	return script, nil
}

// check says what is wrong with a value, tokens of CDK left aside.
func check(name, value string, allowed *regexp.Regexp, what string) error {
	if !allowed.MatchString(token.ReplaceAllString(value, "t")) {
		return fmt.Errorf("%s is %q, not %s", name, value, what)
	}
	return nil
}

// quote makes a value one word of a shell, whatever a token becomes.
func quote(v string) string { return "'" + v + "'" }

// bare leaves out the end of the last line, and comments and empty lines: the script has room for 16 KB.
func bare(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// WriteImage fills a folder with what the Fargate image is built of: the Dockerfile, and the program.
func WriteImage(folder, program string) (err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	in, err := os.Open(program)
	if err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(folder, Program), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	if _, err = io.Copy(out, in); err != nil {
		err = fmt.Errorf("write image: copy program: %w", err)
	}
	return errors.Join(err, out.Close())
}
