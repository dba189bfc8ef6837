package athena_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	store "github.com/mirrorwatch/mirrorwatch/shared/store/athena"
)

// duck is a real engine behind Athena's API: DuckDB, in a process of node, over the files of an archive.
type duck struct {
	mu      sync.Mutex
	in      io.Writer
	out     *bufio.Reader
	results [][]types.Row
}

// startDuck skips the test, loudly, where DuckDB is not installed.
func startDuck(t *testing.T) *duck {
	t.Helper()
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	cache = filepath.Join(cache, "mirrorwatch", "duckdb")
	_, errNode := exec.LookPath("node")
	_, errDuck := os.Stat(filepath.Join(cache, "node_modules", "@duckdb", "node-api"))
	if errNode != nil || errDuck != nil {
		const how = "DuckDB is not installed: install node 20 or newer, then run test/duckdb/setup.sh (make setup does)"
		if os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	cmd := exec.Command("node", filepath.Join("..", "..", "..", "test", "duckdb", "query.mjs"), cache)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return &duck{in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

// load makes the tables of an archive. Partitions are text, as in Glue.
func (d *duck) load(t *testing.T, dir string) {
	t.Helper()
	d.must(t, `CREATE SCHEMA IF NOT EXISTS records`)
	for _, k := range events.Kinds() {
		files := filepath.Join(dir, "kind="+string(k), "*", "*", "*.parquet")
		d.must(t, fmt.Sprintf(`CREATE OR REPLACE TABLE records."%s" AS SELECT * FROM read_parquet(%s, hive_partitioning = true, hive_types_autocast = false)`,
			k, query.Literal(files)))
	}
}

func (d *duck) must(t *testing.T, sql string) [][]*string {
	t.Helper()
	_, rows, err := d.ask(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

func (d *duck) ask(sql string) (columns []string, rows [][]*string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line, _ := json.Marshal(sql)
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return nil, nil, err
	}
	reply, err := d.out.ReadBytes('\n')
	if err != nil {
		return nil, nil, err
	}
	var a struct {
		Columns []string
		Rows    [][]*string
		Error   string
	}
	if err := json.Unmarshal(reply, &a); err != nil {
		return nil, nil, err
	}
	if a.Error != "" {
		return nil, nil, fmt.Errorf("duckdb: %s\n%s", a.Error, sql)
	}
	return a.Columns, a.Rows, nil
}

func (d *duck) StartQueryExecution(_ context.Context, in *athena.StartQueryExecutionInput, _ ...func(*athena.Options)) (*athena.StartQueryExecutionOutput, error) {
	columns, rows, err := d.ask(*in.QueryString)
	if err != nil {
		return nil, err
	}
	var result []types.Row
	header := make([]*string, len(columns))
	for i := range columns {
		header[i] = &columns[i]
	}
	for _, row := range append([][]*string{header}, rows...) {
		var data []types.Datum
		for _, v := range row {
			data = append(data, types.Datum{VarCharValue: v})
		}
		result = append(result, types.Row{Data: data})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.results = append(d.results, result)
	return &athena.StartQueryExecutionOutput{QueryExecutionId: aws.String(strconv.Itoa(len(d.results) - 1))}, nil
}

func (d *duck) GetQueryExecution(context.Context, *athena.GetQueryExecutionInput, ...func(*athena.Options)) (*athena.GetQueryExecutionOutput, error) {
	return &athena.GetQueryExecutionOutput{QueryExecution: &types.QueryExecution{Status: &types.QueryExecutionStatus{State: types.QueryExecutionStateSucceeded}}}, nil
}

// GetQueryResults gives at most 1000 rows a page, as Athena does.
func (d *duck) GetQueryResults(_ context.Context, in *athena.GetQueryResultsInput, _ ...func(*athena.Options)) (*athena.GetQueryResultsOutput, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, _ := strconv.Atoi(*in.QueryExecutionId)
	from, _ := strconv.Atoi(aws.ToString(in.NextToken))
	rows := d.results[id]
	to := min(from+1000, len(rows))
	out := &athena.GetQueryResultsOutput{ResultSet: &types.ResultSet{Rows: rows[from:to]}}
	if to < len(rows) {
		out.NextToken = aws.String(strconv.Itoa(to))
	} else {
		d.results[id] = nil
	}
	return out, nil
}

func (d *duck) StopQueryExecution(context.Context, *athena.StopQueryExecutionInput, ...func(*athena.Options)) (*athena.StopQueryExecutionOutput, error) {
	return &athena.StopQueryExecutionOutput{}, nil
}

func (d *duck) records(t *testing.T) *store.Records {
	t.Helper()
	r, err := store.New(store.Options{Client: d, Database: "records", Dialect: query.DuckDB()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
