package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// bus is where everything that happens is told, and the dead letters of its rules.
type bus struct {
	awsevents.CfnEventBus
	dead awssqs.Queue
}

// newBus makes the bus, and an archive of its events. It has no policy: nobody but roles of this account may put events on it. It keeps no log of its
// own: what a rule could not deliver is a dead letter, with the reason as an attribute, and what happened is in the archive.
func newBus(s awscdk.Stack, p *place, k awskms.IKey) *bus {
	own := p.arn("events", "event-bus/"+p.Name()) // by its name: the queue's policy must not wait for the bus, which waits for the queue
	b := &bus{dead: newDeadLetters(s, "BusDeadLetters", p.Name(), "bus", k, queueSending{service: "events.amazonaws.com", sources: []string{
		own, p.arn("events", "rule/"+p.Name()+"/*"), p.arn("events", "rule/"+p.Name()+"-*"), // the second are those on the default bus
	}})}
	ofNoQueue(b.dead, "rules")
	b.CfnEventBus = awsevents.NewCfnEventBus(s, jsii.String("Bus"), &awsevents.CfnEventBusProps{
		Name: jsii.String(p.Name()), Description: jsii.String("What Mirrorwatch detects, and how it fares"), KmsKeyIdentifier: k.KeyArn(),
		DeadLetterConfig: &awsevents.CfnEventBus_DeadLetterConfigProperty{Arn: b.dead.QueueArn()}, // takes what cannot be encrypted or decrypted
	})
	b.CfnEventBus.Node().AddDependency(b.dead)
	// As long as dead letters: who mends a rule can replay what it missed.
	awsevents.NewCfnArchive(s, jsii.String("Events"), &awsevents.CfnArchiveProps{
		ArchiveName: jsii.String(p.Name()), SourceArn: b.AttrArn(), RetentionDays: jsii.Number(deadDays), KmsKeyIdentifier: k.KeyArn(),
		Description: jsii.String("Events of the last days, to be replayed where a rule failed"),
	})
	return b
}
