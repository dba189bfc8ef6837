// Command table calls what is in a table that was made before main.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

var commands = map[string]func(){"list": func() { dynamodb.NewFromConfig(aws.Config{}).ListTables(context.Background(), nil) }}

func main() { commands["list"]() }
