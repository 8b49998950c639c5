// @generated automatically by Diesel CLI.

diesel::table! {
    songs (id) {
        id -> Integer,
        station_id -> Integer,
        title -> Text,
        played -> Timestamp,
        seconds -> Nullable<Integer>,
    }
}

diesel::table! {
    stations (id) {
        id -> Integer,
        name -> Text,
        url -> Nullable<Text>,
    }
}

diesel::joinable!(songs -> stations (station_id));
diesel::allow_tables_to_appear_in_same_query!(songs, stations,);
