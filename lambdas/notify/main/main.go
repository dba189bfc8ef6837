// Command main is the bootstrap of lambdas/notify: it reads the environment, opens the store and hands the function to Lambda. It never
// does anything of its own.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	function "github.com/mirrorwatch/mirrorwatch/lambdas/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	env, err := deploy.NotifyFromEnv(os.Getenv)
	exitOn(log, err)
	conf, err := config.LoadDefaultConfig(context.Background())
	exitOn(log, err)
	memory, err := dynamo.Open(dynamo.Options{Client: dynamodb.NewFromConfig(conf), Table: env.Table, Now: time.Now})
	exitOn(log, err)
	channels := notify.Channels(notify.ChannelOptions{SNS: sns.NewFromConfig(conf), Topics: env.Topics, Account: env.Account, Region: conf.Region})
	lambda.Start(function.New(function.Options{Documents: memory.Documents, Channels: channels, Now: time.Now, Address: env.Address, Log: log}).Handle)
}

func exitOn(log *slog.Logger, err error) {
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
}
