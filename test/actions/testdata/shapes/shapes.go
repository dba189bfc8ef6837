// Command shapes has the ways in which a program comes to ask AWS, a function each. It is looked at and never run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() { direct() }

func ctx() context.Context { return context.Background() }

func table() *dynamodb.Client { return dynamodb.NewFromConfig(aws.Config{}) }

func direct() { table().GetItem(ctx(), &dynamodb.GetItemInput{}) }

func background() {
	defer table().DeleteItem(ctx(), nil)
	go table().PutItem(ctx(), nil)
}

// client is narrow, and more than what is called.
type client interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

func narrow() { ask(table()) }

func ask(c client) { c.Query(ctx(), nil) }

func bound() {
	f := table().UpdateItem
	f(ctx(), nil)
}

func boundNarrow() {
	var c client = table()
	f := c.DeleteItem
	f(ctx(), nil)
}

func paginator() { _ = dynamodb.NewScanPaginator(table(), nil) }

func waiter() { _ = s3.NewObjectExistsWaiter(s3.NewFromConfig(aws.Config{})) }

func presigner() {
	s3.NewPresignClient(s3.NewFromConfig(aws.Config{})).PresignPutObject(ctx(), nil)
}

func assumed() { _ = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(aws.Config{}), "role") }

func closure() {
	c := table()
	lambda.Start(func(ctx context.Context) error {
		_, err := c.PutItem(ctx, nil)
		return err
	})
}

func comparison() {
	c := table()
	slices.SortFunc([]string{"a", "b"}, func(string, string) int { c.GetItem(ctx(), nil); return 0 })
}

type page struct{ c *dynamodb.Client }

func (p page) ServeHTTP(http.ResponseWriter, *http.Request) { p.c.Query(ctx(), nil) }

func (p page) Unused() { p.c.DeleteItem(ctx(), nil) }

func handler() { http.Handle("/", page{table()}) }

// port is what a store can; the program that has it calls half.
type port interface {
	Get()
	Put()
	io.Closer
}

type store struct{ c *dynamodb.Client }

func (s *store) Get()         { s.c.GetItem(ctx(), nil) }
func (s *store) Put()         { s.c.PutItem(ctx(), nil) }
func (s *store) Close() error { _, err := s.c.DeleteItem(ctx(), nil); return err }

func half() {
	var p port = &store{table()}
	p.Get()
}

// ended gives a port to whom only its end matters.
func ended() {
	var p port = &store{table()}
	end(p)
}

func end(c io.Closer) { io.NopCloser(nil); closers = append(closers, c) }

var closers []io.Closer

// asserted finds a method that the interface at hand has not.
func asserted() {
	var p any = &store{table()}
	if x, is := p.(interface{ Put() }); is {
		x.Put()
	}
}

type promoted struct{ *dynamodb.Client }

type outer struct{ *store }

func embedded() { ask(promoted{table()}) }

func embeddedStore() {
	var p port = outer{&store{table()}}
	p.Put()
}

func call[I, O any](f func(context.Context, I, ...func(*dynamodb.Options)) (O, error), in I) (O, error) {
	return f(ctx(), in)
}

func generic() { call(table().BatchGetItem, nil) }

func put[T interface{ Put() }](t T) { t.Put() }

func genericMethod() { put(&store{table()}) }

// box is generic, and called by an interface.
type box[T any] struct {
	c *dynamodb.Client
	v T
}

func (b box[T]) Put() { func() { b.c.UpdateItem(ctx(), nil) }() }

func genericType() {
	var p interface{ Put() } = box[int]{c: table()}
	p.Put()
}

func expression() {
	f := (*dynamodb.Client).Scan
	f(table(), ctx(), nil)
}

// wrapper hands on what it does not do itself.
type wrapper struct{ client }

func (wrapper) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return nil, nil
}

func wrapped() {
	var c client = wrapper{table()}
	c.Query(ctx(), nil)
}

func all(c *dynamodb.Client) iter.Seq[int] {
	return func(yield func(int) bool) {
		c.Query(ctx(), nil)
		yield(1)
	}
}

func iterated() {
	for range all(table()) {
		table().GetItem(ctx(), nil)
	}
}

// told is marshalled by a value that has it inside.
type told struct{ c *dynamodb.Client }

func (t told) MarshalJSON() ([]byte, error) {
	_, err := t.c.DescribeTable(ctx(), nil)
	return nil, err
}

func reflected() { json.Marshal(struct{ List []told }{}) }

func reflectedInGeneric() { json.Marshal(struct{ At *atomic.Pointer[told] }{}) }

type failure struct{ c *dynamodb.Client }

func (f failure) Error() string   { return "" }
func (f failure) Is(e error) bool { f.c.ListTables(ctx(), nil); return false }

func compared() { _ = errors.Is(failure{}, io.EOF) }

func transaction() {
	list := []types.TransactWriteItem{{Put: &types.Put{}}, {ConditionCheck: &types.ConditionCheck{}, Update: nil}}
	table().TransactWriteItems(ctx(), &dynamodb.TransactWriteItemsInput{TransactItems: list})
}

func builder() types.TransactWriteItem { return types.TransactWriteItem{Delete: &types.Delete{}} }

func version() {
	in := &s3.GetObjectInput{}
	in.VersionId = aws.String("1")
	s3.NewFromConfig(aws.Config{}).GetObject(ctx(), in)
}

// nothing asks what needs no permission, or asks nothing.
func nothing() {
	imds.New(imds.Options{}).GetMetadata(ctx(), nil)
	_ = table().Options()
	if false {
		return
	}
}
