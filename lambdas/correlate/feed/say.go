package feed

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// mostText bounds what is repeated of a document: it may be anybody's, and hold anything.
const mostText = 120

// clip holds a foreign text to one short line.
func clip(text string) string {
	if len(text) > mostText {
		text = text[:mostText] + "..."
	}
	return strings.Trim(strconv.Quote(strings.ToValidUTF8(text, "?")), `"`)
}

// clipped holds an error to one short line: decoders repeat what they read.
func clipped(err error) error {
	if text := err.Error(); len(text) > mostText || strings.ContainsAny(text, "\n\r") {
		return errors.New(clip(text))
	}
	return err
}

// some names a few of a document's members, in order.
func some(members map[string]json.RawMessage) string {
	const most = 5
	names := slices.Sorted(maps.Keys(members))
	more := ""
	if len(names) > most {
		names, more = names[:most], ", ..."
	}
	for i := range names {
		names[i] = clip(names[i])
	}
	return strings.Join(names, ", ") + more
}
