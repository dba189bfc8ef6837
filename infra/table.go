package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// newTable makes the table of the store from its schema, which tests make it from as well. Its name and its id in the template never change: either
// would make CloudFormation put an empty table in its place.
func newTable(s awscdk.Stack, p *place, k awskms.IKey) awsdynamodb.CfnTable {
	schema := dynamo.Schema(p.Name())
	var keys, attributes []any
	for _, k := range schema.KeySchema {
		keys = append(keys, keyOf(k.AttributeName, string(k.KeyType)))
	}
	for _, a := range schema.AttributeDefinitions {
		attributes = append(attributes, &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: a.AttributeName, AttributeType: jsii.String(string(a.AttributeType))})
	}
	t := awsdynamodb.NewCfnTable(s, jsii.String("Table"), &awsdynamodb.CfnTableProps{
		TableName: schema.TableName, BillingMode: jsii.String(string(schema.BillingMode)),
		KeySchema: &keys, AttributeDefinitions: &attributes, GlobalSecondaryIndexes: indexesOf(p.Name()),
		StreamSpecification:     &awsdynamodb.CfnTable_StreamSpecificationProperty{StreamViewType: jsii.String(string(schema.StreamSpecification.StreamViewType))},
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{AttributeName: jsii.String(dynamo.TTLAttribute), Enabled: jsii.Bool(true)},
		SseSpecification:        &awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: jsii.Bool(true), SseType: jsii.String("KMS"), KmsMasterKeyId: k.KeyArn()},
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtectionEnabled: jsii.Bool(p.Retain),
	})
	t.ApplyRemovalPolicy(p.removal(), nil)
	return t
}

// keyOf is one part of a key.
func keyOf(name *string, kind string) any {
	return &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: name, KeyType: jsii.String(kind)}
}

// indexesOf gives the secondary indexes. An update of a table may add or take away one of them at a time: who changes the schema deploys once for each.
func indexesOf(table string) *[]any {
	var out []any
	for _, x := range dynamo.Schema(table).GlobalSecondaryIndexes {
		var keys []any
		for _, k := range x.KeySchema {
			keys = append(keys, keyOf(k.AttributeName, string(k.KeyType)))
		}
		out = append(out, &awsdynamodb.CfnTable_GlobalSecondaryIndexProperty{
			IndexName: x.IndexName, KeySchema: &keys, Projection: &awsdynamodb.CfnTable_ProjectionProperty{
				ProjectionType: jsii.String(string(x.Projection.ProjectionType)), NonKeyAttributes: jsii.Strings(x.Projection.NonKeyAttributes...),
			},
		})
	}
	return &out
}
