package dynamo

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is one item of the table.
type item = map[string]types.AttributeValue

// maxItem is the most bytes that a compressed body may have: DynamoDB takes 400 KB an item, names and keys included.
const maxItem = 360 << 10

// maxUnpacked bounds what a body may grow to: somebody else may have written into the table.
const maxUnpacked = 16 << 20

func pack(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode item: %w", err)
	}
	return squeeze(plain)
}

func squeeze(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress item: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compress item: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress item: %w", err)
	}
	return b.Bytes(), nil
}

func expand(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("expand item: %w", err)
	}
	return readAll(r)
}

func readAll(r io.Reader) ([]byte, error) {
	plain, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, fmt.Errorf("expand item: %w", err)
	}
	if len(plain) > maxUnpacked {
		return nil, fmt.Errorf("expand item: more than %d bytes", maxUnpacked)
	}
	return plain, nil
}

// readers keeps gzip readers, because a walk expands thousands of facets, and a reader is 40 KB to make.
type readers struct{ pool sync.Pool }

func (r *readers) expand(packed []byte) ([]byte, error) {
	z, kept := r.pool.Get().(*gzip.Reader)
	if !kept {
		z = new(gzip.Reader)
	}
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return nil, fmt.Errorf("expand item: %w", err)
	}
	plain, err := readAll(z)
	r.pool.Put(z)
	return plain, err
}

func unpack(it item, attribute string, into any) error {
	b, ok := it[attribute].(*types.AttributeValueMemberB)
	if !ok {
		return fmt.Errorf("read item: no attribute %s", attribute)
	}
	plain, err := expand(b.Value)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("decode item: %w", err)
	}
	return nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func blob(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func seconds(t time.Time) types.AttributeValue { return number(t.Unix()) }

func textOf(it item, attribute string) string {
	if s, ok := it[attribute].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func numberOf(it item, attribute string) int64 {
	n, ok := it[attribute].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0
	}
	return v
}

func keyOf(it item) key { return key{textOf(it, attrPK), textOf(it, attrSK)} }

func (k key) item() item { return item{attrPK: text(k.pk), attrSK: text(k.sk)} }

// at begins an item.
func at(k key, body []byte) item {
	it := k.item()
	if body != nil {
		it[attrBody] = blob(body)
	}
	return it
}

// sizeOf is about what an item counts for DynamoDB's limits.
func sizeOf(it item) int {
	n := 0
	for name, v := range it {
		n += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		default:
			n += 21
		}
	}
	return n
}
