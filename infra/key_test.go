package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
)

func newTestKey(scope constructs.Construct) awskms.Key {
	return awskms.NewKey(scope, key("TestKey"), nil)
}
