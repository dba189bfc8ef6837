// Package function wires correlation as it runs in Lambda. What comes in is the environment that infrastructure wrote and AWS's configuration;
// what goes out is the handler, which makes contexts of what the table's stream tells, and reads flow logs and trails as AWS announces them.
// It never decides anything of a detection itself, and asks nothing before the first event.
package function

import (
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed/s3"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	metrics "github.com/mirrorwatch/mirrorwatch/shared/counters/cloudwatch"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/places"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// Options say what the function runs on.
type Options struct {
	Env      deploy.Correlate
	Config   aws.Config
	Endpoint string // in place of AWS's, for every service; empty: AWS's
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  io.Writer // takes lines in the Embedded Metric Format: in Lambda standard output
}

// New makes the handler.
func New(o Options) (*Handler, error) {
	memory, err := dynamo.Open(dynamo.Options{
		Client: dynamodb.NewFromConfig(o.Config, func(to *dynamodb.Options) { o.lead(&to.BaseEndpoint) }), Table: o.Env.Table, Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	book, err := o.places()
	if err != nil {
		o.Log.Error("some of what is known of addresses cannot be used", "error", err)
	}
	source, err := o.metrics()
	if err != nil {
		return nil, err
	}
	var own []string
	if o.Env.Role != "" {
		own = append(own, o.Env.Role)
	}
	joiner, err := correlate.New(correlate.Options{
		Store: memory, Places: book, Metrics: source, Account: o.Env.Account, Region: o.Config.Region, OwnRoles: own, Now: o.Now, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	opener, err := s3.New(s3.Options{Client: aws3.NewFromConfig(o.Config, func(to *aws3.Options) {
		o.lead(&to.BaseEndpoint)
		to.UsePathStyle = o.Endpoint != ""
	})})
	if err != nil {
		return nil, err
	}
	reader, err := feed.New(feed.Options{})
	if err != nil {
		return nil, err
	}
	return &Handler{
		o: o, reader: reader, opener: opener, joiner: joiner, store: memory, emf: emf{w: o.Metrics}, judges: judges{store: memory, places: book, now: o.Now, log: o.Log},
	}, nil
}

// lead leads a client to the endpoint, where one is given; else it goes where AWS's configuration says.
func (o *Options) lead(to **string) {
	if o.Endpoint != "" {
		*to = &o.Endpoint
	}
}

// places opens the files of the layer; a book with what can be used, and an error of what cannot.
func (o *Options) places() (*places.Book, error) {
	if o.Env.Ranges == "" && o.Env.ASN == "" && o.Env.Country == "" {
		return nil, nil
	}
	return places.Open(places.Options{Ranges: o.Env.Ranges, ASN: o.Env.ASN, Country: o.Env.Country})
}

func (o *Options) metrics() (counters.Source, error) {
	if !o.Env.Metrics {
		return nil, nil
	}
	return metrics.New(metrics.Options{Client: cloudwatch.NewFromConfig(o.Config, func(to *cloudwatch.Options) { o.lead(&to.BaseEndpoint) })})
}
