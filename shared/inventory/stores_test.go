package inventory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// TestStores: the stores that are used keep it as the one in memory does.
func TestStores(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		onStore(t, func(now func() time.Time) store.Documents {
			s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: t.TempDir(), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s.Documents
		})
	})
	t.Run("dynamo", func(t *testing.T) {
		l, err := local.Start()
		local.Need(t, err)
		t.Cleanup(l.Close)
		onStore(t, func(now func() time.Time) store.Documents {
			client := dynamodb.NewFromConfig(aws.Config{
				Region: "eu-central-1", BaseEndpoint: &l.Endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
			})
			if _, err := client.CreateTable(context.Background(), dynamo.Schema("inventory")); err != nil {
				t.Fatal(err)
			}
			s, err := dynamo.Open(dynamo.Options{Client: client, Table: "inventory", Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return s.Documents
		})
	})
}

func onStore(t *testing.T, open func(now func() time.Time) store.Documents) {
	w := &world{t: t, now: noon()}
	w.docs = &counting{Documents: open(func() time.Time { return w.now })}
	var first, second []events.Holding
	for n := range 60 {
		a := held(n, noon().Add(-time.Hour), fmt.Sprint("10.0.0.", n), fmt.Sprintf("2001:db8::%x", n+1))
		b := held(100+n, noon().Add(2*time.Minute), fmt.Sprint("10.0.0.", n))
		a.PublicAddresses = addrs(fmt.Sprint("203.0.113.", n))
		first, second = append(first, a), append(second, b)
	}
	for n, seen := range [][]events.Holding{first, first, second, second} {
		w.now = noon().Add(time.Duration(n) * 3 * time.Minute)
		w.docs.none()
		if changed := w.all(seen...); (changed == 0) != (n%2 == 1) || w.docs.most > store.MaxGet {
			t.Errorf("look %d changed %d documents; %d were read at once", n, changed, w.docs.most)
		}
	}
	for n := range 60 {
		p := at(fmt.Sprint("10.0.0.", n))
		if a, b := w.who(p, noon()), w.who(p, noon().Add(3*time.Minute)); a != fmt.Sprint("i-", n) || b != fmt.Sprint("i-", 100+n) {
			t.Errorf("%s was %q, then %q", p.Address, a, b)
		}
	}
	if got := w.who(events.Participant{Address: addr("203.0.113.7")}, noon()); got != "i-7" {
		t.Errorf("the public address was of %q", got)
	}
	w.now = noon().Add(Remember + time.Hour)
	if got := w.who(events.Participant{Address: addr("203.0.113.7")}, noon()); got != "" {
		t.Errorf("what nobody remembers was of %q", got)
	}
}
