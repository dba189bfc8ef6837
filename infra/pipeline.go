package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// pipeline is what everything else stands on: where detections and records are kept, and how they are told of. Names and ARNs are tokens, so that
// whoever uses one is deployed after it.
type pipeline struct {
	Key         awskms.Key // of everything that lies still: table, queues, topics, logs, buckets
	Table       string     // name
	TableArn    string
	StreamArn   string
	Bus         string // name
	BusArn      string
	Archive     string // bucket's name
	ArchiveArn  string
	Records     string // name of the Firehose stream
	RecordsArn  string
	Database    string                  // Glue
	Workgroup   string                  // Athena
	Topic       awssns.Topic            // critical detections and alarms, for people
	Functions   map[string]*function    // publish, correlate, logs, archive
	Queues      map[string]awssqs.Queue // logs, archive
	DeadLetters map[string]awssqs.Queue // bus (of the rules), publish, correlate, logs, archive
}

// newPipeline makes the stack that holds what is kept. It knows nothing of the others.
func newPipeline(s awscdk.Stack, p *place) (*pipeline, error) {
	pipe := &pipeline{Key: newKey(s, p), Functions: map[string]*function{}, Queues: map[string]awssqs.Queue{}, DeadLetters: map[string]awssqs.Queue{}}
	table := newTable(s, p, pipe.Key)
	pipe.Table, pipe.TableArn, pipe.StreamArn = *table.Ref(), *table.AttrArn(), *table.AttrStreamArn()
	bus := newBus(s, p, pipe.Key)
	pipe.Bus, pipe.BusArn, pipe.DeadLetters["bus"] = *bus.Ref(), *bus.AttrArn(), bus.dead
	newTopic(s, p, pipe)
	for _, part := range []func(awscdk.Stack, *place, *pipeline) error{newPublish, newCorrelate, newArchive, newCatalog} {
		if err := part(s, p, pipe); err != nil {
			return nil, err
		}
	}
	for _, o := range [][3]string{
		{"TableName", pipe.Table, "Table of the store"}, {"BusName", pipe.Bus, "Bus that every event is told on"},
		{"ArchiveName", pipe.Archive, "Bucket with the records"}, {"DatabaseName", pipe.Database, "Glue database with the records' tables"},
		{"WorkgroupName", pipe.Workgroup, "Athena workgroup for queries by hand"}, {"TopicArn", *pipe.Topic.TopicArn(), "Topic of alarms and critical detections"},
	} {
		awscdk.NewCfnOutput(s, jsii.String(o[0]), &awscdk.CfnOutputProps{Value: jsii.String(o[1]), Description: jsii.String(o[2])})
	}
	return pipe, nil
}

// database is the name of the Glue database, where a name has no hyphens.
func (p *place) database() string { return strings.ReplaceAll(p.Name(), "-", "_") }
