ALTER TABLE "tidemark"."asset" ADD COLUMN "tells_lineage" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."asset" ADD COLUMN "omitted_lineage" jsonb;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "matched_by" text;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "stale_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_field_edge" ADD COLUMN "stale_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_reference" ADD COLUMN "kind_group" text DEFAULT 'relation' NOT NULL;--> statement-breakpoint
CREATE INDEX "lineage_edge_stale" ON "tidemark"."lineage_edge" USING btree ("upstream_id","downstream_id") WHERE valid_to is null and stale_since is not null;