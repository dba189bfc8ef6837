package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// newTopic makes what people are told by: alarms, and detections that are critical from the beginning. Each address is asked by mail first whether
// it wants that.
func newTopic(s awscdk.Stack, p *place, pipe *pipeline) {
	pipe.Topic = awssns.NewTopic(s, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String(p.Name()), DisplayName: jsii.String("Mirrorwatch " + p.Deployment), MasterKey: pipe.Key, EnforceSSL: jsii.Bool(true),
	})
	publish := func(sid, service string, conditions *map[string]any) {
		pipe.Topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Actions: jsii.Strings("sns:Publish"), Resources: &[]*string{pipe.Topic.TopicArn()}, Conditions: conditions,
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		}))
	}
	publish("Alarms", "cloudwatch.amazonaws.com", &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": p.Account}, "ArnLike": map[string]any{"aws:SourceArn": p.arn("cloudwatch", "alarm:*")},
	})
	publish("Rules", "events.amazonaws.com", nil) // without conditions: EventBridge takes none in a topic's policy, and fails in silence
	for _, address := range p.Notify {
		// Its id is the address: a list in another order must not ask everybody again.
		awssns.NewCfnSubscription(s, jsii.String("Mail "+address), &awssns.CfnSubscriptionProps{
			TopicArn: pipe.Topic.TopicArn(), Protocol: jsii.String("email"), Endpoint: jsii.String(address),
		})
	}
	newCriticalRule(s, p, pipe)
}

// newCriticalRule tells of critical detections: of each once, when it is made, which is all that a pattern can say. A rule of EventBridge does not know
// what it told before, and the events of an update name the risk as changed however little it did: with them, one detection would be many mails. Who wants
// to hear of what becomes critical later makes a notification rule in the console (lambdas/notify remembers what was told), to another channel than this
// topic, or else what is critical from the beginning comes twice.
func newCriticalRule(s awscdk.Stack, p *place, pipe *pipeline) {
	awsevents.NewCfnRule(s, jsii.String("Critical"), &awsevents.CfnRuleProps{
		Name: jsii.String(p.Name() + "-critical"), Description: jsii.String("Critical detections, for people"), EventBusName: jsii.String(pipe.Bus),
		State: jsii.String("ENABLED"), EventPattern: criticalPattern(),
		Targets: &[]any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("topic"), Arn: pipe.Topic.TopicArn(), DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: pipe.DeadLetters["bus"].QueueArn()},
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{InputPathsMap: criticalPaths(), InputTemplate: jsii.String(criticalText(p))},
		}},
	})
}

// criticalPattern leaves out what a tuning rule hides.
func criticalPattern() map[string]any {
	return map[string]any{
		"source": []any{"mirrorwatch"}, "detail-type": []any{"Detection Created"},
		"detail": map[string]any{"detection": map[string]any{
			"risk": map[string]any{"band": []any{"critical"}}, "hidden_by": []any{map[string]any{"exists": false}},
		}},
	}
}

func criticalPaths() map[string]string {
	return map[string]string{
		"id": "$.detail.detection.id", "title": "$.detail.detection.title", "type": "$.detail.detection.type", "score": "$.detail.detection.risk.score",
		"start": "$.detail.detection.start", "says": "$.detail.detection.description",
	}
}

// criticalText is the mail: each line is a text of its own, as EventBridge wants it.
func criticalText(p *place) string {
	return `"Mirrorwatch ` + p.Deployment + ` in ` + p.region + `: <title> (<type>), risk <score> of 100, since <start>."
"<says>"
"Detection <id>. In the console ` + p.consolePage() + `it has everything that is known; mirrorwatch detections show <id> --table ` + p.Name() + ` prints it."`
}

// consolePage links to the page where the console has a name of its own. CloudFront gives another only when the console is made, which is
// after this rule.
func (p *place) consolePage() string {
	if p.Domain == "" {
		return ""
	}
	return "(https://" + p.Domain + "/detections/<id> ) " // the blank keeps mail programs from taking the bracket for a part of it
}
