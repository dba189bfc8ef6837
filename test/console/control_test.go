package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/furnish"
)

// request is what the browser's tests ask of the house: that the server stop or start, or that there be one with a crowd of detections.
type request struct {
	what   string
	answer chan answer
}

type answer struct {
	URL      string `json:"url,omitempty"`
	Password string `json:"password,omitempty"`
	err      error
}

// listen takes requests by HTTP, and gives where.
func (h *house) listen() string {
	h.asked = make(chan request)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := request{strings.TrimPrefix(r.URL.Path, "/"), make(chan answer, 1)}
		if r.Method != http.MethodPost {
			http.Error(w, "POST it", http.StatusMethodNotAllowed)
			return
		}
		select {
		case h.asked <- q:
		case <-r.Context().Done():
			return
		}
		a := <-q.answer
		if a.err != nil {
			http.Error(w, a.err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(a) //nolint:errcheck // whoever asked is gone
	}))
	h.t.Cleanup(s.Close)
	return s.URL
}

// serve does what is asked until the runner has ended. It stays in the test's goroutine: only that may fail it, and servers die with the thread
// that started them.
func (h *house) serve(ended <-chan error) error {
	for {
		select {
		case err := <-ended:
			return err
		case q := <-h.asked:
			q.answer <- h.do(q.what)
		}
	}
}

func (h *house) do(what string) answer {
	switch what {
	case "stop":
		return answer{err: h.server.Stop()}
	case "start":
		h.start(strings.TrimPrefix(h.server.URL, "http://"))
		return answer{URL: h.server.URL}
	case "crowd":
		return h.crowd()
	}
	return answer{err: errors.New(what + " is unknown: stop, start or crowd")}
}

// crowd starts a second server, with ten thousand detections of three days.
func (h *house) crowd() answer {
	folder := h.t.TempDir()
	h.open(folder, func(ctx context.Context, s *store.Store, now time.Time) error {
		return errors.Join(furnish.Many(ctx, s, now, crowd), handedOn(ctx, s))
	})
	h.crowded = h.serveFolder(folder, "127.0.0.1:0")
	return answer{URL: h.crowded.URL, Password: h.crowded.Password}
}

// handedOn empties the outbox: what a site has seen in three days it has told of, and joined with its logs, as it came. A server that finds it
// all at once works for minutes, beside whatever is measured.
func handedOn(ctx context.Context, s *store.Store) error {
	for {
		batch, err := s.Outbox.Pending(ctx, 1000)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := s.Outbox.Done(ctx, batch[len(batch)-1].Sequence); err != nil {
			return err
		}
	}
}
