package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// SNSClient is what is needed of the SNS client.
type SNSClient interface {
	Publish(ctx context.Context, in *sns.PublishInput, opts ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// snsBytes is what SNS takes of message and attributes together, less room for the attributes.
const snsBytes = 256<<10 - 8<<10

// topic publishes to an SNS topic: the event as JSON, and as attributes what subscriptions filter by.
type topic struct {
	client SNSClient
	only   []string // the topics that there are to choose from; none: any
}

// Send publishes the message.
func (t *topic) Send(ctx context.Context, to store.Channel, m Message) error {
	if len(t.only) > 0 && !slices.Contains(t.only, to.Topic) {
		return permanent(fmt.Errorf("topic %s is not among those that this installation may write to", to.Topic))
	}
	body, err := (former{}).one(FormJSON, m)
	for limit := MaxMessage; err == nil && len(body) > snsBytes && limit > 1<<10; {
		limit /= 2
		body, err = (former{}).one(FormJSON, fitted(m, limit/max(1, len(m.Events))))
	}
	if err != nil {
		return permanent(err)
	}
	message, subject := string(body), snsSubject(m.Subject())
	in := &sns.PublishInput{TopicArn: &to.Topic, Message: &message, Subject: &subject, MessageAttributes: attributes(m)}
	if strings.HasSuffix(to.Topic, ".fifo") {
		group := m.ID
		if len(m.Events) == 1 {
			group = key(m.Events[0].Detail.Subject)
		}
		in.MessageGroupId, in.MessageDeduplicationId = &group, &m.ID
	}
	if _, err := t.client.Publish(ctx, in); err != nil {
		var denied *types.AuthorizationErrorException
		var gone *types.NotFoundException
		var bad *types.InvalidParameterException
		if errors.As(err, &denied) || errors.As(err, &gone) || errors.As(err, &bad) {
			return permanent(fmt.Errorf("publish: %w", err))
		}
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// snsSubject keeps to what e-mail subscriptions take: fewer than 100 characters of ASCII that begin with a letter, digit or mark.
func snsSubject(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), 99)]
}

// attributes are what a subscription's filter policy can match.
func attributes(m Message) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{}
	add := func(kind, name, value string) {
		if value = line(value, 256); value != "" {
			all[name] = types.MessageAttributeValue{DataType: &kind, StringValue: &value}
		}
	}
	add("String", "reason", m.Reason)
	add("String", "rule", m.Rule)
	add("Number", "count", strconv.Itoa(m.Count))
	if len(m.Events) != 1 || m.Reason == ReasonDigest {
		return all
	}
	add("String", "detail_type", string(m.Events[0].DetailType))
	d := m.Events[0].Detail.Detection
	if d == nil {
		return all
	}
	add("String", "type", d.Type)
	add("String", "category", d.Category)
	add("String", "band", string(d.Risk.Band))
	add("Number", "score", strconv.Itoa(d.Risk.Score))
	add("String", "status", string(d.Status))
	if list, err := json.Marshal(d.Techniques[:min(len(d.Techniques), 20)]); err == nil && len(d.Techniques) > 0 {
		add("String.Array", "techniques", string(list))
	}
	return all
}
