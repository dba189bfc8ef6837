package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mirrorwatch/mirrorwatch/shared/places"
)

// awsLogs are the folders in which AWS's logs lie, as AWS delivers them, and what else is known of the site.
type awsLogs struct {
	flows     []string // folders or files of flow logs
	trails    []string // of CloudTrail
	inventory []string // files
	format    string   // of flow logs without a header line
	ranges    string   // ip-ranges.json
	asn       string   // MaxMind-format databases
	country   string
}

func (l *awsLogs) addFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&l.flows, "flow-logs", nil, "`DIR` of VPC Flow Logs, or a file: text or Parquet, as AWS writes them to S3")
	f.StringSliceVar(&l.trails, "cloudtrail", nil, "`DIR` of CloudTrail logs, or a file")
	f.StringSliceVar(&l.inventory, "inventory", nil, "`FILE` of who holds which address: JSON, or what 'aws ec2 describe-instances' and 'describe-network-interfaces' print")
	f.StringVar(&l.format, "flow-format", "", "`FORMAT` of flow logs without a header line: \"${version} ${account-id} ...\" (default AWS's version 2)")
	f.StringVar(&l.ranges, "aws-ranges", "", "`FILE` of AWS's address ranges (ip-ranges.json)")
	f.StringVar(&l.asn, "asn-db", "", "`FILE` of autonomous systems, in MaxMind's format")
	f.StringVar(&l.country, "country-db", "", "`FILE` of countries, in MaxMind's format")
}

// any says whether there is anything to read.
func (l *awsLogs) any() bool { return len(l.flows)+len(l.trails)+len(l.inventory) > 0 }

// check says which folder or file is not there, before any is read.
func (l *awsLogs) check() error {
	for _, f := range []struct {
		flag string
		list []string
	}{{"--flow-logs", l.flows}, {"--cloudtrail", l.trails}, {"--inventory", l.inventory}} {
		for _, name := range f.list {
			if _, err := os.Stat(name); err != nil {
				return usageError{fmt.Errorf("%s: %w", f.flag, err)}
			}
		}
	}
	return nil
}

// places opens what is known of addresses; nil where nothing was given.
func (l *awsLogs) places() (*places.Book, error) {
	if l.ranges == "" && l.asn == "" && l.country == "" {
		return nil, nil
	}
	return places.Open(places.Options{Ranges: l.ranges, ASN: l.asn, Country: l.country})
}

// inOrder lists flow logs and CloudTrail's files in the order of time: the detectors take the newest record for the present, and what is a day
// older for the past.
func (l *awsLogs) inOrder() ([]logFile, error) {
	flows, err := files(l.flows, flowLog)
	trails, err2 := files(l.trails, trailLog)
	for i := range trails {
		trails[i].trail = true
	}
	list := append(flows, trails...)
	slices.SortStableFunc(list, func(a, b logFile) int { return cmp.Or(a.at().Compare(b.at()), cmp.Compare(a.path, b.path)) })
	return list, errors.Join(err, err2)
}

// maxFiles bounds how many files are looked for below a folder.
const maxFiles = 1_000_000

var errTooManyFiles = fmt.Errorf("more than %d files: name a folder below it", maxFiles)

// files lists what lies below folders, by name. What is not a log of the kind is left out.
func files(roots []string, wanted func(name string) bool) ([]logFile, error) {
	var list []logFile
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && path != root:
				return nil // gone while we looked
			case err != nil:
				return err
			case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
				return filepath.SkipDir
			case !d.Type().IsRegular() || path != root && !wanted(path):
				return nil
			case len(list) == maxFiles:
				return errTooManyFiles
			}
			info, err := d.Info()
			if err == nil {
				list = append(list, logFile{path: path, size: info.Size(), written: info.ModTime()})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", root, err)
		}
	}
	return list, nil
}

// flowLog says whether a name is that of a flow log: AWS writes .log.gz and .log.parquet.
func flowLog(path string) bool {
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	for _, end := range []string{".log", ".parquet", ".txt"} {
		if strings.HasSuffix(name, end) && !strings.HasPrefix(name, ".") {
			return true
		}
	}
	return false
}

// digest is in the paths of what lies beside CloudTrail's logs and is none.
var digest = regexp.MustCompile(`CloudTrail-(Digest|Insight)`)

// trailLog says whether a name is that of a CloudTrail log, and not of a digest of them or of an insight.
func trailLog(path string) bool {
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	return strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, ".") && !digest.MatchString(path)
}
