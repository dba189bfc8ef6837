package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// isDetectionID tells an id from the name of a type: 32 hexadecimal digits.
func isDetectionID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

// showDetections prints stored detections: for people, or whole as JSON.
func showDetections(cmd *cobra.Command, o *catalogueOptions, ids []string) (err error) {
	s, err := openDetections(cmd.Context(), o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	list := make([]events.Detection, len(ids))
	for i, id := range ids {
		switch list[i], err = s.Detections.Get(cmd.Context(), id); {
		case errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("there is no detection %s in %s", id, o.where())
		case err != nil:
			return err
		}
	}
	if o.json {
		return printJSON(cmd.OutOrStdout(), list)
	}
	v := newView(cmd, &mirrorOptions{noColor: o.noColor}, true)
	for i := range list {
		if i > 0 {
			v.space()
		}
		v.detection(&list[i])
	}
	return nil
}

func (o *catalogueOptions) where() string {
	if o.table != "" {
		return "table " + o.table
	}
	return o.data
}

// openDetections opens a store to read from it. A server may have it open.
func openDetections(ctx context.Context, o *catalogueOptions) (*store.Store, error) {
	if o.table == "" {
		s, err := sqlite.Open(ctx, sqlite.Options{Folder: o.data, Now: time.Now, Schema: archive.Schema(), ReadOnly: true})
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("no server has stored anything in %s: --data FOLDER or --table NAME says where", o.data)
		}
		return s, err
	}
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure AWS: %w", err)
	}
	if conf.Region == "" {
		return nil, fmt.Errorf("open table %s: set AWS_REGION, for nothing says in which region it is", o.table)
	}
	return dynamo.Open(dynamo.Options{Client: dynamodb.NewFromConfig(conf), Table: o.table, Now: time.Now})
}
