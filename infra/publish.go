package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// newPublish makes the function that makes events of what is stored, and puts them on the bus.
func newPublish(s awscdk.Stack, p *place, pipe *pipeline) error {
	dead := newDeadLetters(s, "PublishDeadLetters", p.Name(), "publish", pipe.Key)
	ofNoQueue(dead, "a reader of the stream")
	f, err := newFunction(s, "Publish", p.Name(), p.code, functionProps{
		name: "publish", program: "publish", does: "makes events of what is stored, and puts them on the bus",
		env: deploy.Publish{Bus: pipe.Bus}.Env(), memory: 256, timeout: 60, key: pipe.Key, logDays: p.LogDays,
		// EventBridge encrypts what comes to the bus as itself: whoever puts an event needs nothing of the key.
		grants: append(pipe.readsStream(p.region, *dead.QueueArn()), grant{actions: []string{"events:PutEvents"}, resources: []string{pipe.BusArn}}),
	})
	if err != nil {
		return err
	}
	// Detections, coverage, and events that belong to no stored thing: docs/dynamodb.md has the items, and the numbers.
	newStreamReader(f, pipe.StreamArn, streamReader{items: []string{"D#", "E#", "O#"}, batch: 100, parallel: 10, dead: dead})
	pipe.Functions["publish"], pipe.DeadLetters["publish"] = f, dead
	return nil
}
