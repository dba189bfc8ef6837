package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// DynamoDB's own limits of a call.
const (
	maxBatchGet   = 100
	maxBatchWrite = 25
	maxTransact   = 100
	maxTransfer   = 3 << 20 // bytes of a transaction, which may have 4 MB with all that surrounds them
)

// get reads one item as it is now; nil where there is none.
func (t *table) get(ctx context.Context, p Pattern, k key) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: k.item(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, answer(p, err)
	}
	return out.Item, nil
}

// batch reads items by key, each once: DynamoDB takes no key twice. What is missing is not in the answer.
func (t *table) batch(ctx context.Context, p Pattern, list []key, consistent bool) (map[key]item, error) {
	keys := make([]key, 0, len(list))
	known := make(map[key]bool, len(list))
	for _, k := range list {
		if !known[k] {
			known[k] = true
			keys = append(keys, k)
		}
	}
	found := make(map[key]item, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), maxBatchGet)
		ask := types.KeysAndAttributes{ConsistentRead: &consistent}
		for _, k := range keys[:n] {
			ask.Keys = append(ask.Keys, k.item())
		}
		keys = keys[n:]
		if err := t.batchOnce(ctx, p, ask, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// batchOnce asks until nothing is left unprocessed: DynamoDB gives at most 16 MB at a time, and less when it is busy.
func (t *table) batchOnce(ctx context.Context, p Pattern, ask types.KeysAndAttributes, into map[key]item) error {
	return busy(ctx, p, func() (more bool, err error) {
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: ask}})
		if err != nil {
			return false, answer(p, err)
		}
		for _, it := range out.Responses[t.name] {
			into[keyOf(it)] = it
		}
		rest := out.UnprocessedKeys[t.name]
		ask = rest
		return len(rest.Keys) > 0, nil
	})
}

// busy repeats a call that left something undone, with a growing pause.
func busy(ctx context.Context, p Pattern, call func() (more bool, err error)) error {
	err := again(ctx, string(p), func() error {
		more, err := call()
		if err == nil && more {
			return errRaced
		}
		return err
	})
	return err
}

// write puts and deletes items without a condition.
func (t *table) write(ctx context.Context, p Pattern, list []types.WriteRequest) error {
	for len(list) > 0 {
		n := min(len(list), maxBatchWrite)
		ask := list[:n]
		list = list[n:]
		err := busy(ctx, p, func() (bool, error) {
			out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: ask}})
			if err != nil {
				return false, answer(p, err)
			}
			ask = out.UnprocessedItems[t.name]
			return len(ask) > 0, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func putRequest(it item) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}
}

func deleteRequest(k key) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k.item()}}
}

// clear deletes everything in a span.
func (t *table) clear(ctx context.Context, p Pattern, s span) (deleted int, err error) {
	var requests []types.WriteRequest
	flush := func() error {
		err := t.write(ctx, p, requests)
		if err == nil {
			deleted += len(requests)
		}
		requests = requests[:0]
		return err
	}
	for it, err := range t.all(ctx, p, s) {
		if err != nil {
			return deleted, errors.Join(err, flush())
		}
		if requests = append(requests, deleteRequest(keyOf(it))); len(requests) == maxBatchWrite {
			if err := flush(); err != nil {
				return deleted, err
			}
		}
	}
	return deleted, flush()
}

// condition is what must be true of the stored item: an expression and its values.
type condition struct {
	expression string
	values     item
}

// absent holds where there is no item.
func absent() condition { return condition{"attribute_not_exists(pk)", nil} }

// revision holds where the item has a revision; 0 where there is no item.
func revision(n int64) condition {
	if n == 0 {
		return absent()
	}
	return condition{"rev = :rev", item{":rev": number(n)}}
}

func (t *table) putting(it item, c condition) types.TransactWriteItem {
	put := &types.Put{TableName: &t.name, Item: it, ExpressionAttributeValues: c.values}
	if c.expression != "" {
		put.ConditionExpression = &c.expression
	}
	return types.TransactWriteItem{Put: put}
}

func (t *table) deleting(k key, c condition) types.TransactWriteItem {
	del := &types.Delete{TableName: &t.name, Key: k.item(), ExpressionAttributeValues: c.values}
	if c.expression != "" {
		del.ConditionExpression = &c.expression
	}
	return types.TransactWriteItem{Delete: del}
}

// checking is a condition on what is not changed.
func (t *table) checking(k key, c condition) *types.ConditionCheck {
	return &types.ConditionCheck{TableName: &t.name, Key: k.item(), ConditionExpression: &c.expression, ExpressionAttributeValues: c.values}
}

// transact makes all of the changes or none; errRaced where a condition did not hold. One change alone goes without a transaction,
// which would cost twice as much.
func (t *table) transact(ctx context.Context, p Pattern, list []types.TransactWriteItem) error {
	if len(list) == 1 && list[0].Put != nil {
		put := list[0].Put
		_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
		})
		return answer(p, err)
	}
	_, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: list})
	return answer(p, err)
}

// delete deletes one item if the condition holds; errRaced where it does not.
func (t *table) delete(ctx context.Context, p Pattern, k key, c condition) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: k.item(), ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
	})
	return answer(p, err)
}

// span is a part of one partition: keys from low to high, both included; an empty one is no bound.
type span struct {
	pk, low, high string
	backwards     bool
	consistent    bool
	limit         int32
	keysOnly      bool
}

// page reads items of a span, from where the page before ended.
func (t *table) page(ctx context.Context, p Pattern, s span, from item) ([]item, item, error) {
	x := p.index()
	in := &dynamodb.QueryInput{
		TableName: &t.name, ScanIndexForward: aws.Bool(!s.backwards), ExclusiveStartKey: from,
		ExpressionAttributeNames:  map[string]string{"#h": x.pk},
		ExpressionAttributeValues: item{":h": text(s.pk)},
		KeyConditionExpression:    aws.String("#h = :h"),
	}
	if x.name != "" {
		in.IndexName = &x.name
	} else {
		in.ConsistentRead = &s.consistent
	}
	if s.limit > 0 {
		in.Limit = &s.limit
	}
	if s.keysOnly {
		in.ProjectionExpression = aws.String("pk, sk")
	}
	bound(in, x.sk, s)
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return nil, nil, answer(p, err)
	}
	return out.Items, out.LastEvaluatedKey, nil
}

func bound(in *dynamodb.QueryInput, sk string, s span) {
	expression := ""
	switch {
	case s.low != "" && s.high != "":
		expression = " AND #r BETWEEN :low AND :high"
	case s.low != "":
		expression = " AND #r >= :low"
	case s.high != "":
		expression = " AND #r <= :high"
	default:
		return
	}
	in.ExpressionAttributeNames["#r"] = sk
	*in.KeyConditionExpression += expression
	if s.low != "" {
		in.ExpressionAttributeValues[":low"] = text(s.low)
	}
	if s.high != "" {
		in.ExpressionAttributeValues[":high"] = text(s.high)
	}
}

// all walks a span to its end. An error is the last that is given.
func (t *table) all(ctx context.Context, p Pattern, s span) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		if s.low != "" && s.high != "" && s.low > s.high {
			return
		}
		for from := item(nil); ; {
			items, next, err := t.page(ctx, p, s, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, it := range items {
				if !yield(it, nil) {
					return
				}
			}
			if from = next; from == nil {
				return
			}
		}
	}
}

// beginning gives the bounds of keys that begin with something.
func beginning(prefix string) (low, high string) { return prefix, prefix + last }

// notFound names what is missing.
func notFound(what, id string) error { return fmt.Errorf("%s %s: %w", what, id, store.ErrNotFound) }

func raced(err error) bool { return errors.Is(err, errRaced) }
