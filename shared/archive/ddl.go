package archive

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// DDL gives the statements that make the tables over an archive in s3://bucket/prefix: one a kind, because kinds have fields of the
// same name with other types. Partitions are projected, so that nobody has to add them: Athena reckons from the query which folders
// to read. The prefix may be empty.
func DDL(database, bucket, prefix string) ([]string, error) {
	for _, c := range []struct{ what, value, pattern string }{
		{"database", database, `^[a-z0-9_]{1,128}$`},
		{"bucket", bucket, `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`},
		{"prefix", prefix, `^[A-Za-z0-9/_.=-]{0,512}$`},
	} {
		if !regexp.MustCompile(c.pattern).MatchString(c.value) {
			return nil, fmt.Errorf("write tables: %s %q does not match %s", c.what, c.value, c.pattern)
		}
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	var statements []string
	for _, k := range events.Kinds() {
		s, err := tableOf(database, k, fmt.Sprintf("s3://%s/%skind=%s/", bucket, prefix, k))
		if err != nil {
			return nil, err
		}
		statements = append(statements, s)
	}
	return statements, nil
}

func tableOf(database string, kind events.Kind, location string) (string, error) {
	columns, err := Columns(kind)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, c := range columns {
		lines = append(lines, fmt.Sprintf("  `%s` %s COMMENT '%s'", c.Name, c.Type, c.Note))
	}
	return fmt.Sprintf("CREATE EXTERNAL TABLE IF NOT EXISTS `%s`.`%s` (\n%s\n)\n"+
		"PARTITIONED BY (`date` string, `hour` string)\n"+
		"STORED AS PARQUET\n"+
		"LOCATION '%s'\n"+
		"TBLPROPERTIES (\n"+
		"  'parquet.compression' = 'ZSTD',\n"+
		"  'projection.enabled' = 'true',\n"+
		"  'projection.date.type' = 'date',\n"+
		"  'projection.date.format' = 'yyyy-MM-dd',\n"+
		"  'projection.date.range' = '2020-01-01,NOW+1DAY',\n"+
		"  'projection.date.interval' = '1',\n"+
		"  'projection.date.interval.unit' = 'DAYS',\n"+
		"  'projection.hour.type' = 'integer',\n"+
		"  'projection.hour.range' = '0,23',\n"+
		"  'projection.hour.digits' = '2',\n"+
		"  'storage.location.template' = '%sdate=${date}/hour=${hour}/'\n"+
		")", database, kind, strings.Join(lines, ",\n"), location, location), nil
}
