CREATE TABLE "tidemark"."lineage_field_edge" (
	"text_id" bigint NOT NULL,
	"downstream_id" bigint NOT NULL,
	"downstream_field" text collate "C" NOT NULL,
	"upstream_id" bigint NOT NULL,
	"upstream_field" text collate "C" NOT NULL,
	"influence" text NOT NULL,
	"transformation" text NOT NULL,
	"subtypes" text[] NOT NULL,
	"expression" text,
	"confidence" real NOT NULL,
	"statement_hash" "bytea" NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tidemark"."lineage_reference" (
	"text_id" bigint NOT NULL,
	"namespace_id" bigint NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"folded_key" text collate "C" NOT NULL,
	"asset_id" bigint,
	"content_hash" "bytea",
	CONSTRAINT "lineage_reference_text_id_namespace_id_name_key_pk" PRIMARY KEY("text_id","namespace_id","name_key")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."lineage_text" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."lineage_text_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"origin" text NOT NULL,
	"asset_id" bigint,
	"text_hash" "bytea" NOT NULL,
	"content_hash" "bytea",
	"outcome" text NOT NULL,
	"statements" integer DEFAULT 0 NOT NULL,
	"resolved" integer DEFAULT 0 NOT NULL,
	"partial" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"unresolved_references" integer DEFAULT 0 NOT NULL,
	"gaps" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"derived_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "text_id" bigint;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "columns_known" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."scope" ADD COLUMN "log_watermark" text;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "query_log_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_reference" ADD CONSTRAINT "lineage_reference_namespace_id_namespace_id_fk" FOREIGN KEY ("namespace_id") REFERENCES "tidemark"."namespace"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_field_edge_live" ON "tidemark"."lineage_field_edge" USING btree ("text_id","downstream_id","downstream_field","upstream_id","upstream_field","influence") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_field_edge_upstream" ON "tidemark"."lineage_field_edge" USING btree ("upstream_id","upstream_field") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_field_edge_downstream" ON "tidemark"."lineage_field_edge" USING btree ("downstream_id","downstream_field") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_reference_asset" ON "tidemark"."lineage_reference" USING btree ("asset_id") WHERE asset_id is not null;--> statement-breakpoint
CREATE INDEX "lineage_reference_missing" ON "tidemark"."lineage_reference" USING btree ("namespace_id","folded_key") WHERE asset_id is null;--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_text_asset" ON "tidemark"."lineage_text" USING btree ("asset_id") WHERE asset_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_text_log" ON "tidemark"."lineage_text" USING btree ("source_id","text_hash") WHERE origin = 'log';--> statement-breakpoint
CREATE INDEX "lineage_text_source" ON "tidemark"."lineage_text" USING btree ("source_id");--> statement-breakpoint
CREATE INDEX "lineage_edge_text" ON "tidemark"."lineage_edge" USING btree ("text_id") WHERE valid_to is null and text_id is not null;