package feed

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	lambda "github.com/aws/aws-lambda-go/events"
)

// unpacking is what is left of the limits of one document.
type unpacking struct {
	bytes int
	lines int
}

var errUnpacked = fmt.Errorf("more than %d bytes are packed in the document", MostUnpacked)

// inflate unpacks gzip, and gives anything else as it is.
func (u *unpacking) inflate(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		u.bytes -= len(data)
		if u.bytes < 0 {
			return nil, errUnpacked
		}
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, int64(max(u.bytes, 0))+1))
	u.bytes -= len(plain)
	switch {
	case u.bytes < 0:
		return nil, errUnpacked
	case err != nil:
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return plain, nil
}

// packed reads what CloudWatch Logs, Kinesis or Firehose carry: documents of CloudWatch Logs, gzipped or not, flow-log lines as text or in
// JSON, records of CloudTrail, and events of EventBridge. There may be several, one behind the other.
func (r *Reader) packed(p *Part, data []byte, u *unpacking) error {
	plain, err := u.inflate(data)
	if err != nil {
		return err
	}
	plain = bytes.TrimSpace(plain)
	if len(plain) == 0 {
		return errors.New("read data: there is none")
	}
	if !utf8.Valid(plain) {
		return errors.New("read data: it is neither gzip, nor JSON, nor text")
	}
	if plain[0] != '{' {
		return u.text(p, string(plain))
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read data: %w", clipped(err))
		}
		if err := r.document(p, raw, u); err != nil {
			return err
		}
	}
}

// text reads lines that came without a word of where from.
func (u *unpacking) text(p *Part, plain string) error {
	var l Logs
	for text := range strings.Lines(plain) {
		if err := u.line(p, &l, Line{Text: strings.TrimRight(text, "\r\n")}); err != nil {
			return err
		}
	}
	p.add(l)
	return nil
}

// add keeps lines. Those of no known stream that come one by one, as in Firehose's records, are one list.
func (p *Part) add(l Logs) {
	if n := len(p.Logs); n > 0 && l.Group == "" && p.Logs[n-1].Group == "" {
		p.Logs[n-1].Lines = append(p.Logs[n-1].Lines, l.Lines...)
	} else if len(l.Lines) > 0 {
		p.Logs = append(p.Logs, l)
	}
}

// document reads one of what packed reads.
func (r *Reader) document(p *Part, raw json.RawMessage, u *unpacking) error {
	var d struct {
		MessageType *string `json:"messageType"`
		Message     *string `json:"message"`
		DetailType  *string `json:"detail-type"`
		Version     *string `json:"eventVersion"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("read data: %w", clipped(err))
	}
	switch {
	case d.MessageType != nil:
		return u.subscribed(p, raw)
	case d.DetailType != nil:
		return r.message(p, string(raw), mostNested)
	case d.Version != nil:
		return p.call(raw)
	case d.Message != nil:
		return u.text(p, *d.Message)
	}
	return &Unknown{"data with " + keys(raw)}
}

// subscribed reads a document of CloudWatch Logs.
func (u *unpacking) subscribed(p *Part, raw json.RawMessage) error {
	var d lambda.CloudwatchLogsData
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("read document of CloudWatch Logs: %w", clipped(err))
	}
	switch d.MessageType {
	case "CONTROL_MESSAGE":
		p.ignore("a test of CloudWatch Logs, which finds out whether somebody listens")
		return nil
	case "DATA_MESSAGE":
	default:
		return fmt.Errorf("read document of CloudWatch Logs: messageType is %q, neither DATA_MESSAGE nor CONTROL_MESSAGE", clip(d.MessageType))
	}
	l := Logs{Account: d.Owner, Group: d.LogGroup, Stream: d.LogStream}
	for _, e := range d.LogEvents {
		if err := u.line(p, &l, Line{ID: e.ID, Time: time.UnixMilli(e.Timestamp).UTC(), Text: e.Message}); err != nil {
			return err
		}
	}
	p.add(l)
	return nil
}

// line sorts a line of a log: a record of CloudTrail is a call, for a trail may write to a log group, too.
func (u *unpacking) line(p *Part, l *Logs, line Line) error {
	if u.lines--; u.lines < 0 {
		return fmt.Errorf("more than %d lines are packed in the document", MostLines)
	}
	if strings.HasPrefix(line.Text, "{") && strings.Contains(line.Text, `"eventVersion"`) {
		return p.call(json.RawMessage(line.Text))
	}
	if line.Text != "" {
		l.Lines = append(l.Lines, line)
	}
	return nil
}
